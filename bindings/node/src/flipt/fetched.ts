/** Flags that the program itself fetches: the option `fetcher`. */
import type { Connection } from '../connection';
import type { IFetcher, Response } from './types';

/** What a fetcher brought. */
export interface Fetched {
  readonly document: object;
  readonly etag: string | undefined;
}

/** Asks the fetcher. Undefined when the flags are those of etag still. Throws what the fetcher throws. */
export async function fetchDocument(fetcher: IFetcher, etag: string | undefined): Promise<Fetched | undefined> {
  const response: Response = await fetcher(etag === undefined ? {} : { etag });
  const received = response.headers.get('etag') ?? undefined;
  if (etag !== undefined && (received === etag || response.status === 304)) {
    return undefined;
  }
  if (!response.ok) {
    throw new Error(`Failed to fetch data: ${response.statusText}`);
  }
  return { document: (await response.json()) as object, etag: received };
}

/** Keeps the flags of a connection up to date through a fetcher. */
export class FetcherSource {
  private timer: NodeJS.Timeout | undefined;
  private current: Promise<boolean> | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly fetcher: IFetcher,
    private etag: string | undefined,
  ) {}

  /** Refreshes now and then. A failure waits for the next time. */
  every(seconds: number): void {
    this.timer = setInterval(() => void this.refresh().catch(() => false), Math.min(seconds * 1000, 2 ** 31 - 1));
    this.timer.unref();
  }

  /** True when a new document was taken. Calls that overlap share one fetch. */
  refresh(): Promise<boolean> {
    this.current ??= this.fetch().finally(() => (this.current = undefined));
    return this.current;
  }

  private async fetch(): Promise<boolean> {
    const fetched = await fetchDocument(this.fetcher, this.etag);
    if (fetched === undefined) {
      return false;
    }
    await this.connection.call('update', JSON.stringify({ document: fetched.document }));
    this.etag = fetched.etag; // only now: a document that was refused is to be sent again
    return true;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
