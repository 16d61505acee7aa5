import type { Command } from "commander";
import { Outpost } from "../client.js";
import { credentials, origin } from "./credentials.js";
import { note } from "./print.js";

/** Options of every command. */
export interface Common {
  json?: boolean;
  url?: string;
  quiet?: boolean;
}

/** One run of the program: the common options, and a client with the user's key. */
export class Session {
  readonly json: boolean;

  constructor(private readonly common: Common) {
    this.json = common.json ?? false;
  }

  static of(command: Command): Session {
    return new Session(command.optsWithGlobals<Common>());
  }

  async outpost(): Promise<Outpost> {
    return this.connect(await credentials(this.common.url));
  }

  connect({ url, key }: { url: string; key: string }): Outpost {
    const { protocol, hostname } = new URL(origin(url));
    if (protocol === "http:" && !/^(localhost|127\..*|\[::1\])$/.test(hostname)) {
      this.tell(`The key is sent over http without encryption: anybody between here and ${hostname} can read it.`);
    }
    const onRetry = (why: string, seconds: number) => {
      if (seconds >= 1) this.tell(`${why}; trying again in ${Math.round(seconds)} s`);
    };
    return new Outpost({ url, key, userAgent: "outpost-cli", onRetry });
  }

  /** Prints a message about progress, except with `--quiet`. */
  tell(text: string): void {
    if (!this.common.quiet) note(text);
  }
}
