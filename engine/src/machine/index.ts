export type {
  Action,
  Actor,
  AgentAction,
  AgentProgram,
  EnvironmentAction,
  MachinePort,
  MappingRequest,
  Observation,
  RunOutcome,
  StepHead,
  ToldEvent,
} from "./action.ts";
export { addressOfBits, addressText, alignDown, alignUp, bitsOfAddress, bytesText } from "./address.ts";
export { Board, type BoardOptions } from "./board.ts";
export { Machine, type MachineOptions, type StepResult } from "./machine.ts";
export {
  type Attribute,
  coloursOf,
  type Direction,
  type MachineModel,
  type MaintenanceOperation,
  withSpeculation,
} from "./model.ts";
export { modelOf } from "./preset-model.ts";
export { Promises, type Writer } from "./promises.ts";
export { prepActions, syncActions } from "./sync.ts";
