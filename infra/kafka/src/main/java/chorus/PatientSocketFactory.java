package chorus;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.locks.LockSupport;
import javax.net.SocketFactory;

/**
 * Sockets to Postgres for {@code driver.socketFactory=chorus.PatientSocketFactory}. Debezium's reader asks its
 * replication stream whether something is there, and sleeps {@code poll.interval.ms} when nothing was five times: a
 * short interval takes CPU all day, a long one takes latency. These sockets answer such a question as soon as there is
 * something, so that the reader is woken by what it waits for, and may sleep long. The driver asks only where it reads a
 * stream. What reads over TLS does not come by here, and waits for the interval.
 */
public final class PatientSocketFactory extends SocketFactory {
    @Override
    public Socket createSocket() {
        return new PatientSocket();
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return createSocket(InetAddress.getByName(host), port);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
        return createSocket(InetAddress.getByName(host), port, local, localPort);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return createSocket(host, port, null, 0);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
        Socket socket = createSocket();
        socket.bind(new InetSocketAddress(local, localPort));
        socket.connect(new InetSocketAddress(host, port));
        return socket;
    }

    private static final class PatientSocket extends Socket {
        private InputStream input;

        @Override
        public synchronized InputStream getInputStream() throws IOException {
            if (input == null) {
                input = new PatientInput(this, super.getInputStream());
            }
            return input;
        }
    }

    /** Whoever asks what is available waits for it a while. The byte that ends the wait is kept for the next read. */
    private static final class PatientInput extends InputStream {
        /** The driver's lock is held meanwhile: so long, some times over, a confirmation to the slot may have to wait. */
        private static final int WAIT_MILLIS = 100;
        /**
         * Every commit in the cluster makes Postgres write to every stream: answers come that far apart, so that what
         * comes fast is read together, and neither side is busy with waking the other.
         */
        private static final long APART_NANOS = 3_000_000;
        private static final int NONE = -1;

        private final Socket socket;
        private final InputStream input;
        private int kept = NONE;
        private long lastNanos = System.nanoTime();

        PatientInput(Socket socket, InputStream input) {
            this.socket = socket;
            this.input = input;
        }

        @Override
        public int available() throws IOException {
            int there = there();
            if (there > 0) {
                return there;
            }
            int before = socket.getSoTimeout();
            socket.setSoTimeout(WAIT_MILLIS);
            try {
                kept = input.read();
            } catch (SocketTimeoutException nothing) {
                return 0;
            } finally {
                socket.setSoTimeout(before);
            }
            rest();
            return there();
        }

        private void rest() {
            long restNanos = lastNanos + APART_NANOS - System.nanoTime();
            if (restNanos > 0) {
                LockSupport.parkNanos(restNanos);
            }
            lastNanos = System.nanoTime();
        }

        private int there() throws IOException {
            return input.available() + (kept == NONE ? 0 : 1);
        }

        @Override
        public int read() throws IOException {
            if (kept == NONE) {
                return input.read();
            }
            int first = kept;
            kept = NONE;
            return first;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            if (kept == NONE || length == 0) {
                return input.read(to, offset, length);
            }
            to[offset] = (byte) read();
            int more = Math.min(length - 1, input.available());
            return 1 + (more == 0 ? 0 : Math.max(0, input.read(to, offset + 1, more)));
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
