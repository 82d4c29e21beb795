type Json = Record<string, any>;

/** The field by which the entries of a container's lists are told apart. */
const keys: Readonly<Record<string, string>> = {
  env: 'name',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
};

function mergeList(base: readonly Json[], over: readonly Json[], key: string): Json[] {
  const replaced = base.map((item) => over.find((other) => other[key] === item[key]) ?? item);
  return [...replaced, ...over.filter((other) => !base.some((item) => item[key] === other[key]))];
}

/** The generated container with what the pod's author wrote for it on top; the image `auto` stands for ours. */
export function mergeContainer(generated: Json, author: Json): Json {
  const merged: Json = { ...generated };
  for (const [name, value] of Object.entries(author)) {
    if (name === 'image' && value === 'auto') continue;
    const key = keys[name];
    if (key && Array.isArray(value)) merged[name] = mergeList(generated[name] ?? [], value, key);
    else if (name === 'resources' && Object.keys(value ?? {}).length === 0) continue;
    else if (name === 'securityContext') merged[name] = { ...generated[name], ...value };
    else merged[name] = value;
  }
  return merged;
}
