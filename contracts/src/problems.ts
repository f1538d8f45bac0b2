/** What one kind of error means: RFC 9457 `status` and `title`, and the way to mend it. */
export interface ProblemKind {
  status: number
  title: string
  /** What lies behind it, in a sentence or two. */
  meaning: string
  remedy: string
}

/**
 * Every error that REST callers can meet. A code is for ever: it is never renamed or given another meaning.
 * The problem document's `type` is `/problems/<code>`, where every service explains it.
 */
export const problems = {
  REQUEST_MALFORMED: {
    status: 400,
    title: 'The request is not HTTP, or did not come to its end',
    meaning: 'The bytes could not be read as a request, or the rest of them did not come in time.',
    remedy: 'Use an HTTP client; look at what a proxy on the way does to the request.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    title: 'The address and the headers are larger than 16 kB',
    meaning: 'No request of this system needs that much. Nothing was done.',
    remedy: 'Send fewer or shorter headers, or a shorter address.',
  },
  BODY_INVALID: {
    status: 400,
    title: 'The request does not have the expected form',
    meaning:
      'A field of the body or the query string is missing, unknown, or outside its limits. Nothing was done.',
    remedy: 'Correct the fields that `detail` names.',
  },
  BODY_MALFORMED: {
    status: 400,
    title: 'The body is not valid JSON',
    meaning: 'The body could not be read to its end as one JSON object or array. Nothing was done.',
    remedy: 'Send JSON with Content-Type: application/json.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    title: 'The body is larger than 64 kB',
    meaning: 'No request of this system needs that much, so larger ones are not read. Nothing was done.',
    remedy: 'Send a smaller body.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    title: 'The body is not JSON',
    meaning: 'The Content-Type, its charset or the Content-Encoding is none that is read. Nothing was done.',
    remedy: 'Send Content-Type: application/json in UTF-8, uncompressed.',
  },
  TOKEN_MISSING: {
    status: 401,
    title: 'No access token was sent',
    meaning: 'This operation is for a known caller, and the request has no Authorization header.',
    remedy: 'Send Authorization: Bearer <token>. In development: npx chorus token <userId>.',
  },
  TOKEN_INVALID: {
    status: 401,
    title: 'The access token is not valid',
    meaning: 'The signature, the issuer, the audience, the subject or the time of the token does not hold.',
    remedy: 'Get a new token: this one is expired, forged, or made for another audience.',
  },
  ADMIN_REQUIRED: {
    status: 403,
    title: 'Only an admin may do this',
    meaning: 'The token is good, but it does not have the role that this operation needs.',
    remedy: 'Use a token with the role admin. In development: npx chorus token <userId> --admin.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'There is no such thing, or it is not yours',
    meaning:
      'What belongs to another user is answered like what does not exist, so that ids cannot be probed.',
    remedy: 'Check the id and the token.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'This address does not take this method',
    meaning: 'The address exists, but it cannot be used in this way.',
    remedy: 'Use a method that the Allow header names.',
  },
  IDEMPOTENCY_KEY_MISSING: {
    status: 400,
    title: 'The Idempotency-Key header is missing or malformed',
    meaning:
      'The key makes it safe to repeat a request after a lost answer; this operation does not go without a good one.',
    remedy:
      'Send a fresh UUID (1 to 128 printable ASCII characters) with each new request; repeat it only to repeat the same request.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: 'This Idempotency-Key was used for another request',
    meaning: 'The same key came with another body before. Only the first request was carried out.',
    remedy: 'Use a new key for a new request.',
  },
  PRODUCT_UNKNOWN: {
    status: 422,
    title: 'A product of the order is not for sale',
    meaning: 'Orders know products by the events of the catalogue, and no such product was told of yet.',
    remedy: 'Check the product ids. A product that was just created can be ordered a moment later.',
  },
  CURRENCIES_MIXED: {
    status: 422,
    title: 'The products of one order have different currencies',
    meaning: 'An order is paid in one go, so all its prices must have one currency.',
    remedy: 'Place one order for each currency.',
  },
  ORDER_NOT_OPEN: {
    status: 409,
    title: 'The order is already final',
    meaning: 'An order that is COMPLETED or FAILED stays so.',
    remedy: 'Read the order: only an open order can be cancelled.',
  },
  STOCK_SHORT: {
    status: 409,
    title: 'There are not that many pieces to take away',
    meaning: 'Stock is never negative: open orders have already taken what is missing.',
    remedy: 'Read the product and take away at most what is available.',
  },
  COUPON_SOLD_OUT: {
    status: 409,
    title: 'All coupons of this kind are taken',
    meaning: 'As many were taken as there are.',
    remedy: 'There is nothing to mend: they went first come, first served.',
  },
  COUPON_ALREADY_ISSUED: {
    status: 409,
    title: 'You already took this coupon',
    meaning: 'Each user takes a coupon once, whatever became of it.',
    remedy: 'One a user: see GET /user-coupons.',
  },
  COUPON_NOT_ISSUABLE: {
    status: 409,
    title: 'The coupon cannot be taken at this time',
    meaning: 'The time in which the coupon is valid has not begun, or is over.',
    remedy: 'Take it between its validFrom and its validUntil.',
  },
  UNAVAILABLE: {
    status: 503,
    title: 'The service cannot answer at the moment',
    meaning:
      'The database did not answer in time, or the service is about to stop. The request may or may not have been carried out.',
    remedy:
      'Repeat the same request with the same Idempotency-Key after Retry-After seconds; it will not be done twice.',
  },
  INTERNAL: {
    status: 500,
    title: 'The service met an error of its own',
    meaning: 'This is a fault of the service, not of the request. It is logged under the request id.',
    remedy:
      'Repeat the same request with the same Idempotency-Key; report the request id if it happens again.',
  },
} as const satisfies Record<string, ProblemKind>

/** The stable code of a problem. */
export type ProblemCode = keyof typeof problems
