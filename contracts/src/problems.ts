/** What one kind of error means: RFC 9457 `status` and `title`, and the way to mend it. */
export interface ProblemKind {
  status: number
  title: string
  remedy: string
}

/**
 * Every error that REST callers can meet. A code is for ever: it is never renamed or given another meaning.
 * The problem document's `type` is `/problems/<code>`.
 */
export const problems = {
  BODY_INVALID: {
    status: 400,
    title: 'The request does not have the expected form',
    remedy: 'Correct the fields that `detail` names.',
  },
  BODY_MALFORMED: {
    status: 400,
    title: 'The body is not valid JSON',
    remedy: 'Send JSON with Content-Type: application/json.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    title: 'The body is larger than 64 kB',
    remedy: 'Send a smaller body.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    title: 'The body is not JSON',
    remedy: 'Send Content-Type: application/json in UTF-8, uncompressed.',
  },
  TOKEN_MISSING: {
    status: 401,
    title: 'No access token was sent',
    remedy: 'Send Authorization: Bearer <token>. In development: npx chorus token <userId>.',
  },
  TOKEN_INVALID: {
    status: 401,
    title: 'The access token is not valid',
    remedy: 'Get a new token: this one is expired, forged, or made for another audience.',
  },
  ADMIN_REQUIRED: {
    status: 403,
    title: 'Only an admin may do this',
    remedy: 'Use a token with the role admin. In development: npx chorus token <userId> --admin.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'There is no such thing, or it is not yours',
    remedy: 'Check the id and the token.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'This address does not take this method',
    remedy: 'Use a method that the Allow header names.',
  },
  IDEMPOTENCY_KEY_MISSING: {
    status: 400,
    title: 'The Idempotency-Key header is missing or malformed',
    remedy:
      'Send a fresh UUID (1 to 128 printable ASCII characters) with each new request; repeat it only to repeat the same request.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: 'This Idempotency-Key was used for another request',
    remedy: 'Use a new key for a new request.',
  },
  PRODUCT_UNKNOWN: {
    status: 422,
    title: 'A product of the order is not for sale',
    remedy: 'Check the product ids. A product that was just created can be ordered a moment later.',
  },
  CURRENCIES_MIXED: {
    status: 422,
    title: 'The products of one order have different currencies',
    remedy: 'Place one order for each currency.',
  },
  ORDER_NOT_OPEN: {
    status: 409,
    title: 'The order is already final',
    remedy: 'Read the order: only an open order can be cancelled.',
  },
  STOCK_SHORT: {
    status: 409,
    title: 'There are not that many pieces to take away',
    remedy: 'Read the product and take away at most what is available.',
  },
  COUPON_SOLD_OUT: {
    status: 409,
    title: 'All coupons of this kind are taken',
    remedy: 'There is nothing to mend: they went first come, first served.',
  },
  COUPON_ALREADY_ISSUED: {
    status: 409,
    title: 'You already took this coupon',
    remedy: 'One a user: see GET /user-coupons.',
  },
  COUPON_NOT_ISSUABLE: {
    status: 409,
    title: 'The coupon cannot be taken at this time',
    remedy: 'Take it between its validFrom and its validUntil.',
  },
  UNAVAILABLE: {
    status: 503,
    title: 'The service cannot answer at the moment',
    remedy:
      'Repeat the same request with the same Idempotency-Key after Retry-After seconds; it will not be done twice.',
  },
  INTERNAL: {
    status: 500,
    title: 'The service met an error of its own',
    remedy:
      'Repeat the same request with the same Idempotency-Key; report the request id if it happens again.',
  },
} as const satisfies Record<string, ProblemKind>

/** The stable code of a problem. */
export type ProblemCode = keyof typeof problems
