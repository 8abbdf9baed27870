/**
 * Recognises what git writes at each command: objects, the index, and which commit a branch is at. Git runs nothing of
 * it; its configuration, hooks and attributes are not part of it.
 */
export function isGitRecord(path: string): boolean {
  return record.test(path);
}

// `/` and the names as git spells them: whatever is spelled otherwise deserves a look.
const record =
  /(?:^|\/)\.git\/(?:(?:objects(?!\/info\/alternates)|refs|logs)\/.+|(?:index|HEAD|ORIG_HEAD|FETCH_HEAD|packed-refs|COMMIT_EDITMSG|MERGE_HEAD|MERGE_MSG|MERGE_MODE)(?:\.lock)?)$/;
