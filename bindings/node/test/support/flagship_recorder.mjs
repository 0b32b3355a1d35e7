// A server that stands in for all of the vendor's hosts: it notes every request and answers what it is told.
import { createServer } from 'node:http';

export class Recorder {
  static async start() {
    const recorder = new Recorder();
    recorder.server = createServer((request, response) => void recorder.receive(request, response));
    await new Promise((resolve) => recorder.server.listen(0, '127.0.0.1', resolve));
    recorder.url = `http://127.0.0.1:${recorder.server.address().port}`;
    return recorder;
  }

  requests = [];
  /** Called with each request before it is answered. Returns { status, body, headers }, or a promise of that. */
  answer = () => undefined;
  waiting = [];

  /** The addresses as options of the SDK. */
  get urls() {
    return {
      decisionApiUrl: `${this.url}/decision/v2`,
      cdnUrl: `${this.url}/cdn`,
      eventsUrl: `${this.url}/events`,
      segmentsUrl: `${this.url}/segments`,
    };
  }

  async receive(request, response) {
    let text = '';
    request.setEncoding('utf8');
    for await (const part of request) {
      text += part;
    }
    const noted = {
      method: request.method,
      path: request.url,
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    this.requests.push(noted);
    this.waiting.splice(0).forEach((check) => check());
    const { status = 204, body, headers = {} } = (await this.answer(noted)) ?? {};
    const content = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { ...(content === '' ? {} : { 'content-type': 'application/json' }), ...headers });
    response.end(content);
  }

  /** Resolves once there are as many requests whose path contains part, with them. */
  async until(part, count = 1) {
    for (;;) {
      const found = this.requests.filter(({ path }) => path.includes(part));
      if (found.length >= count) {
        return found;
      }
      await new Promise((resolve) => this.waiting.push(resolve));
    }
  }

  reset() {
    this.requests = [];
    this.answer = () => undefined;
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}
