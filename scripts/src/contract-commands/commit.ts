import { execFileSync } from 'node:child_process'
import type { Source } from '@chorus/contracts/gate'
import { StackError } from '@chorus/stack'

function git(root: string, args: readonly string[], input = ''): Buffer {
  return execFileSync('git', ['-C', root, ...args], { input, stdio: 'pipe', maxBuffer: 64 * 1024 ** 2 })
}

function namesIn(root: string, ref: string): string[] {
  try {
    git(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`])
    const listed = git(root, ['ls-tree', '-r', '--name-only', '-z', ref, 'contracts/']).toString()
    return listed.split('\0').filter((file) => file.endsWith('.json'))
  } catch (error) {
    const why =
      (error as { stderr?: Buffer }).stderr?.toString().trim() || 'git knows no commit by this name.'
    const mend = 'name a branch, a tag or a commit that git log shows; git fetch brings those of others'
    throw new StackError(`"${ref}" is no commit to compare with`, why, mend, { cause: error })
  }
}

/** All files with one call of git: it answers each name with a line that ends in the size, and the content. */
function contentsOf(root: string, ref: string, names: readonly string[]): Map<string, string> {
  const answer = git(root, ['cat-file', '--batch'], names.map((name) => `${ref}:./${name}\n`).join(''))
  let at = 0
  return new Map(
    names.map((name) => {
      const begin = answer.indexOf('\n', at) + 1
      const end = begin + Number(answer.toString('utf8', at, begin).trim().split(' ').at(-1))
      at = end + 1
      return [name, answer.toString('utf8', begin, end)]
    }),
  )
}

/**
 * The JSON files of a commit.
 * @param root a folder of the repository whose `contracts/` it is
 * @param ref a branch, a tag or a commit
 * @throws StackError when there is no such commit
 */
export function commit(root: string, ref: string): Source {
  const names = namesIn(root, ref)
  const contents = contentsOf(root, ref, names)
  return {
    list: (folder) => names.filter((file) => file.startsWith(`${folder}/`)),
    has: (file) => contents.has(file),
    read: (file) => contents.get(file) ?? '',
  }
}
