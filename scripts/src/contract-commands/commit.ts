import { execFileSync } from 'node:child_process'
import type { Source } from '@chorus/contracts/gate'
import { StackError } from '@chorus/stack'

function git(root: string, ...args: string[]): string {
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
  return execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio, maxBuffer: 64 * 1024 ** 2 })
}

/**
 * The files of a commit.
 * @param root a folder of the repository whose `contracts/` it is
 * @param ref a branch, a tag or a commit
 * @throws StackError when there is no such commit
 */
export function commit(root: string, ref: string): Source {
  let files: ReadonlySet<string>
  try {
    git(root, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`)
    files = new Set(git(root, 'ls-tree', '-r', '--name-only', '-z', ref, 'contracts/').split('\0'))
  } catch (error) {
    const why = (error as { stderr?: string }).stderr?.trim() || 'git knows no commit by this name.'
    const mend = 'name a branch, a tag or a commit that git log shows; git fetch brings those of others'
    throw new StackError(`"${ref}" is no commit to compare with`, why, mend, { cause: error })
  }
  return {
    list: (folder) => [...files].filter((file) => file.startsWith(`${folder}/`) && file.endsWith('.json')),
    has: (file) => files.has(file),
    read: (file) => git(root, 'show', `${ref}:./${file}`),
  }
}
