/** Something abnormal that a client noticed: the argument of the events "error" and "failed". */
export class ClientError extends Error {
  override readonly name = 'FbClientError';
}
