/** Of the interfaces that the documents describe. It goes up when one of them changes. */
export const VERSION = '1.0.0'
