export { HostError, type HostCode, type Skip } from "./error.ts";
export {
  type ImportCounts,
  type ImportOptions,
  type ImportSummary,
  importDirectory,
} from "./import.ts";
