/** The part of marked-terminal that we use; the package has no types of its own. */
declare module "marked-terminal" {
  import type { MarkedExtension } from "marked";

  export function markedTerminal(options: {
    unescape?: boolean;
    emoji?: boolean;
    tab?: number;
    showSectionPrefix?: boolean;
  }): MarkedExtension;
}
