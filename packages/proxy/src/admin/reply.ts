export interface AdminReply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** What happens once the answer is on its way. */
  readonly after?: () => void;
}

export const textType = 'text/plain; charset=UTF-8';
export const jsonType = 'application/json';

export const text = (body: string, status = 200): AdminReply => ({ status, type: textType, body });
export const json = (body: string, status = 200): AdminReply => ({ status, type: jsonType, body });
