import { InvalidArgumentError } from 'commander'

/** Reads an option that is a whole number from 0 to 100. @throws InvalidArgumentError when it is not */
export function percent(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(number) || number < 0 || number > 100)
    throw new InvalidArgumentError('It must be a whole number from 0 to 100.')
  return number
}

/** Reads an option that is a whole number from 1. @throws InvalidArgumentError when it is not */
export function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.')
  return number
}
