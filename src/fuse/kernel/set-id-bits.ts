// Takes the set-user-id and set-group-id bits away where a write, a truncation or a change of owner has to (INIT flag
// HANDLE_KILLPRIV_V2). If the kernel did it, it would ask for security.capability before every write(2): twice the
// requests. The kernel says when the caller is not exempt.
import type { AttributeChanges, NodeId } from '../../fs/file-system.ts';
import type { Call } from './call.ts';

const setUser = 0o4000;
const setGroup = 0o2000;
const groupExecutes = 0o010;

/** Without group execution, the set-group-id bit means something else, and stays. */
const withoutSetId = (mode: number): number => mode & ~setUser & ~((mode & groupExecutes) === 0 ? 0 : setGroup);

/** What has to be changed too; nothing for folders. */
const furtherChange = async (call: Call, node: NodeId): Promise<Pick<AttributeChanges, 'mode'>> => {
  const { attributes } = await call.fs.getattr(node, call.signal);
  const mode = withoutSetId(attributes.mode);
  return attributes.kind === 'folder' || mode === attributes.mode ? {} : { mode };
};

/** Before content of the request's node changes. */
export const dropSetId = async (call: Call): Promise<void> => {
  const change = await furtherChange(call, call.node);
  if (change.mode !== undefined) await call.fs.setattr(call.node, change, call.signal);
};

/** `changes` and what they entail. A mode that is set on purpose stays as it is. */
export const withSetIdDropped = async (call: Call, changes: AttributeChanges): Promise<AttributeChanges> =>
  changes.mode === undefined ? { ...changes, ...(await furtherChange(call, call.node)) } : changes;
