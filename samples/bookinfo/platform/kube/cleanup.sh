#!/bin/bash
# Deletes everything that Bookinfo's walk-through applied, and nothing else.
# usage: cleanup.sh [NAMESPACE]   or NAMESPACE=... cleanup.sh; asks when it is given neither and has a terminal
set -u
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
namespace=${1:-${NAMESPACE:-}}
if [ -z "$namespace" ] && [ -t 0 ]; then read -r -p 'namespace ? [default] ' namespace; fi
namespace=${namespace:-default}
echo "using NAMESPACE=$namespace"

for kind in destinationrules virtualservices gateways.networking.istio.io serviceentries; do
  kubectl get -n "$namespace" "$kind" -o name 2> /dev/null |
    grep -E '/(productpage|reviews|ratings|details|bookinfo|bookinfo-gateway|googleapis)$' |
    xargs -r kubectl delete -n "$namespace"
done
kubectl delete -n "$namespace" --ignore-not-found -f "$folder/bookinfo.yaml"
kubectl delete -n "$namespace" --ignore-not-found -f "$folder/bookinfo-versions.yaml" > /dev/null
for extra in bookinfo-details-v2 bookinfo-ratings-v2; do
  kubectl delete -n "$namespace" --ignore-not-found -f "$folder/$extra.yaml" > /dev/null
done

echo "Application cleanup successful"
