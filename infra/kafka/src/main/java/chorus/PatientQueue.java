package chorus;

import io.debezium.connector.base.QueueProvider;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.locks.LockSupport;

/**
 * The queue between Debezium's reader and its Connect task, for {@code queue.provider.type=patient}. Debezium's own
 * waits {@code poll.interval.ms} for an event and asks for its size without a rest until the millisecond after it is
 * over: with a short interval that is most of the time, and takes a core for each two connectors. This one rests a
 * moment when the task asks again and again and nothing is there. All calls but name and configure are made under
 * Debezium's lock, which the reader waits for that moment at most.
 */
public final class PatientQueue<T> implements QueueProvider<T> {
    private static final long REST_NANOS = 200_000;
    /** The task looks so often on its way into and out of a wait. */
    private static final int USUAL_LOOKS = 3;

    private final Queue<T> events = new ArrayDeque<>();
    private Thread task;
    private int emptyLooks;

    @Override
    public String name() {
        return "patient";
    }

    @Override
    public void configure(Map<String, ?> properties) {
        // it has no settings
    }

    @Override
    public void enqueue(T event) {
        emptyLooks = 0;
        events.add(event);
    }

    @Override
    public T poll() {
        task = Thread.currentThread();
        return events.poll();
    }

    @Override
    public int size() {
        int size = events.size();
        if (size == 0 && Thread.currentThread() == task && ++emptyLooks > USUAL_LOOKS) {
            LockSupport.parkNanos(REST_NANOS);
        }
        return size;
    }
}
