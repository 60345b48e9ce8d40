import type { Request } from "./request";
import { type Reply, Router as Base } from "../router.js";
import legacy = require("legacy");
export type { Token } from "./token";
const lazy = await import("./lazy");

/** A handler of requests. */
export interface Handler<T = unknown> extends Named, Closable {
  readonly name: string;
  optional?: number;
  handle(request: Request): Promise<T>;
  new (name: string): Handler<T>;
  (request: Request): void;
}

export type Result<T> = { ok: true; value: T } | { ok: false; error: Error };

export enum Level {
  Debug,
  Info = "info",
}

declare const VERSION: string;
declare function global(name: string): void;

declare module "plugin" {
  export function load(path: string): Plugin;
}

export namespace Inner.Deep {
  export const depth = 2;
  export function dive(): void {}
}

export function parse(text: string): Node;
export function parse(text: string, strict: boolean): Node;
// The implementation.
export function parse(text: string, strict = false): Node {
  const node = new Node<Token>(text) as Tree;
  return visit(node satisfies Node);
}

@Injectable()
export abstract class Service<T extends object> extends Base<T> implements Handler, OnInit {
  @Input() private readonly limit: number = 10;
  static instance?: Service<any>;

  constructor(private readonly http: HttpClient) {
    super();
  }

  /** Abstract one. */
  protected abstract find(id: string): T | undefined;

  get size(): number {
    return this.items.length;
  }

  @Memoize
  async load<K extends keyof T>(key: K): Promise<T[K]> {
    return await this.http.get<T[K]>(`/${String(key)}`);
  }

  onError = (error: Error): void => {
    report(error);
  };
}

export const handler: Handler = {
  name: "x",
  async handle(request) {
    return request;
  },
};

export const selectUser = (state: State) => state.user;

export default class {
  run() {}
}
