/**
 * Returns a name as a file system has it that takes names for the same whatever their case, form and invisible
 * characters: what a rule protects must not be reached by another spelling where it is applied to.
 */
export function foldName(name: string): string {
  if (!/[^\0-@[-\x7f]/.test(name)) return name;
  if (!/[^\0-\x7f]/.test(name)) return name.toLowerCase();
  const visible = name.normalize("NFD").replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "");
  return visible.toUpperCase().toLowerCase().normalize("NFC");
}
