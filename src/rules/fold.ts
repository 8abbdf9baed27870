/**
 * Folds a name: spellings that differ in case, Unicode form or invisible characters alone become one. Some file systems
 * take them for the same name, and a protected file must not be reached by another spelling once changes are applied to
 * such a folder.
 */
export function foldName(name: string): string {
  if (!/[^\0-@[-\x7f]/.test(name)) return name;
  if (!/[^\0-\x7f]/.test(name)) return name.toLowerCase();
  const visible = name.normalize("NFD").replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "");
  return visible.toUpperCase().toLowerCase().normalize("NFC");
}
