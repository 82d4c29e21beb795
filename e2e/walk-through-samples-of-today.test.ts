import { sampleFiles } from './support/bookinfo.ts';
import { describeForeignSamples } from './support/foreign-samples.ts';

await describeForeignSamples(sampleFiles.istioToday);
