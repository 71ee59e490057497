// Lists of scopes as they come in a request: blanks between them, or commas, which the service took too.

export const splitScopes = (text: string): string[] => text.split(/[\s,]+/).filter((scope) => scope !== '');
