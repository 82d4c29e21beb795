import type { ClusterConfig } from '../../config/cluster.ts';
import { milliseconds } from '../../config/values.ts';
import type { Random } from '../../http/types.ts';
import type { StatsScope } from '../../telemetry/stats.ts';
import { SubsetBalancer } from '../subset.ts';
import { ConsistentBalancer } from './consistent.ts';
import { buildMaglev } from './maglev.ts';
import { LeastRequestPicker, RandomPicker, RoundRobinPicker, SlowStart } from './pickers.ts';
import { buildRing } from './ring.ts';
import type { Balancer, Picker } from './types.ts';
import { ZoneBalancer } from './zone.ts';

type Message = Readonly<Record<string, any>>;

export interface BalancerEnvironment {
  readonly random: Random;
  readonly monotonic: () => number;
  readonly stats: StatsScope;
  /** From the assignment: it may change, and then the balancer is made anew. */
  readonly overprovisioning: number;
}

/** The balancer that a cluster asks for, with subsets around it if it has them. */
export function createBalancer(config: ClusterConfig, environment: BalancerEnvironment): Balancer {
  const make = () => createPlain(config, environment);
  const subsets = config.message.lbSubsetConfig;
  return subsets?.subsetSelectors?.length ? new SubsetBalancer(subsets, environment.stats, make) : make();
}

function createPlain(config: ClusterConfig, environment: BalancerEnvironment): Balancer {
  const { balancer } = config;
  const { random } = environment;
  const options = {
    overprovisioning: environment.overprovisioning,
    panicThreshold: config.panicThreshold,
    failOnPanic: config.message.commonLbConfig?.zoneAwareLbConfig?.failTrafficOnPanic === true,
  };
  const panicked = environment.stats.counter('lb_healthy_panic');
  const byHostname = config.message.commonLbConfig?.consistentHashingLbConfig?.useHostnameForHashing === true;
  const hashing = 'config' in balancer ? balancer.config.consistentHashingLbConfig : undefined;
  const factor =
    (hashing ?? config.message.commonLbConfig?.consistentHashingLbConfig)?.hashBalanceFactor ?? 0;
  if (balancer.kind === 'RING_HASH') {
    const ring = ringOptions(balancer.config, byHostname);
    return new ConsistentBalancer((hosts) => buildRing(hosts, ring), options, random, panicked, factor);
  }
  if (balancer.kind === 'MAGLEV') {
    const size = Number(balancer.config.tableSize ?? 65_537);
    return new ConsistentBalancer(
      (hosts) => buildMaglev(hosts, size, byHostname),
      options,
      random,
      panicked,
      factor,
    );
  }
  return new ZoneBalancer(createPicker(config, environment), options, random, panicked);
}

function ringOptions(config: Message, byHostname: boolean) {
  return {
    minimum: Number(config.minimumRingSize ?? 1024),
    maximum: Number(config.maximumRingSize ?? 8_388_608),
    murmur: config.hashFunction === 'MURMUR_HASH_2',
    byHostname,
  };
}

function createPicker(config: ClusterConfig, { random, monotonic }: BalancerEnvironment): Picker {
  const { balancer } = config;
  if (balancer.kind === 'LEAST_REQUEST') {
    const options = {
      choices: balancer.config.choiceCount ?? 2,
      bias: balancer.config.activeRequestBias?.defaultValue ?? 1,
      fullScan: balancer.config.selectionMethod === 'FULL_SCAN',
    };
    return new LeastRequestPicker(random, options, slowStart(balancer.config, monotonic));
  }
  if (balancer.kind === 'RANDOM') return new RandomPicker(random);
  return new RoundRobinPicker(
    random,
    slowStart(balancer.kind === 'ROUND_ROBIN' ? balancer.config : {}, monotonic),
  );
}

function slowStart(config: Message, monotonic: () => number): SlowStart | undefined {
  const slow = config.slowStartConfig;
  const window = milliseconds(slow?.slowStartWindow, 0);
  if (window <= 0) return undefined;
  const least = (slow.minWeightPercent?.value ?? 10) / 100;
  return new SlowStart(window, slow.aggression?.defaultValue ?? 1, least, monotonic);
}
