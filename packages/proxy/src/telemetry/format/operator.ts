import type { FormatContext } from '../../http/types.ts';
import type { FormatEnvironment } from './environment.ts';

/** A value as JSON logs keep it; undefined when there is none. */
export type OperatorValue = string | number | boolean | object | undefined;
export type Provider = (context: FormatContext) => OperatorValue;

/** Compiles one operator; a string says what is wrong with its argument. */
export type OperatorCompiler = (
  argument: string | undefined,
  environment: FormatEnvironment,
) => Provider | string;
