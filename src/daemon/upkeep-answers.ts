// What the questions about unsent changes lead to: the same for a mount that runs and for the folder of one that does not.
import type { Keep, Upkeep } from '../upkeep/upkeep.ts';
import { type Ask, ControlError, type Question } from './protocol.ts';

type UpkeepAsk = Extract<Ask, 'retry' | 'export' | 'discard' | 'queue' | 'resolve'>;

type Answer = (upkeep: Upkeep, question: Question, signal: AbortSignal) => unknown;

const needed = (value: string | undefined, name: string): string => {
  if (value !== undefined) return value;
  throw new ControlError(`the question has no ${name}`);
};

const pathIn = ({ path }: Question): string => (path === undefined || path === '' ? '' : `/${path}`);

const keeps: readonly string[] = ['mine', 'theirs', 'both'] satisfies readonly Keep[];

const answerQueue: Answer = async (upkeep, { action, path = '' }, signal) => {
  if (path !== '') throw new ControlError(`the queue belongs to the whole drive: nothing is done for ${path} alone`);
  if (action === 'hold') await upkeep.hold(signal);
  else if (action === 'release') await upkeep.release(signal);
  else if (action === 'revert') return { reverted: await upkeep.revert(signal) };
  else throw new ControlError(`the queue cannot be asked to ${String(action)}`);
  return {};
};

const answers: Readonly<Record<UpkeepAsk, Answer>> = {
  retry: (upkeep, question) => ({ retried: upkeep.retry(pathIn(question)) }),
  export: (upkeep, question, signal) =>
    upkeep.export(pathIn(question), needed(question.destination, 'destination'), signal),
  discard: (upkeep, question, signal) => upkeep.discard(pathIn(question), signal),
  queue: answerQueue,
  resolve: async (upkeep, question, signal) => {
    const keep = needed(question.keep, 'choice');
    if (!keeps.includes(keep)) throw new ControlError(`${keep} cannot be kept; there are ${keeps.join(', ')}`);
    return { path: await upkeep.resolve(pathIn(question), keep as Keep, signal) };
  },
};

export const isAboutUpkeep = (ask: string): ask is UpkeepAsk => Object.hasOwn(answers, ask);

export const answerUpkeep = async (upkeep: Upkeep, question: Question, signal: AbortSignal): Promise<unknown> => {
  if (isAboutUpkeep(question.ask)) return answers[question.ask](upkeep, question, signal);
  throw new ControlError(`only a running mount can be asked for ${question.ask}`);
};
