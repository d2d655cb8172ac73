{{- /* What the operator may do, and nothing more. */ -}}

{{- /* In the namespaces of platforms. */ -}}
{{- define "fdp-operator.rules" -}}
# Of its own resource it writes the status, and the finalizer that keeps a platform until what it has at AWS is
# deleted; the subresource finalizers is what owner references ask for.
- apiGroups: [fooddelivery.dev]
  resources: [fooddeliveryplatforms]
  verbs: [get, list, watch, patch]
- apiGroups: [fooddelivery.dev]
  resources: [fooddeliveryplatforms/status]
  verbs: [patch]
- apiGroups: [fooddelivery.dev]
  resources: [fooddeliveryplatforms/finalizers]
  verbs: [update]
# Of drills it writes the status.
- apiGroups: [fooddelivery.dev]
  resources: [resiliencedrills]
  verbs: [get, list, watch]
- apiGroups: [fooddelivery.dev]
  resources: [resiliencedrills/status]
  verbs: [patch]
# What a platform is made of.
- apiGroups: [""]
  resources: [configmaps, secrets, serviceaccounts, services]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [daemonsets, deployments, statefulsets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, patch, delete]
# The managed Prometheus may see the pods of its platform; nobody can be given what the operator has not itself.
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings]
  verbs: [get, list, watch, create, patch, delete]
# What other programs run for a platform, if it asks for that and they are there.
- apiGroups: [networking.istio.io]
  resources: [gateways, virtualservices, destinationrules, envoyfilters]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [security.istio.io]
  resources: [peerauthentications, authorizationpolicies]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [kafka.strimzi.io]
  resources: [kafkas, kafkanodepools, kafkatopics]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [postgresql.cnpg.io]
  resources: [clusters]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [elasticsearch.k8s.elastic.co]
  resources: [elasticsearches]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [kibana.k8s.elastic.co]
  resources: [kibanas]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [monitoring.coreos.com]
  resources: [servicemonitors, podmonitors, prometheusrules]
  verbs: [get, list, watch, create, patch, delete]
# Why a pod is not ready. Drills kill pods.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, delete]
# Why there is no pod at all, or why its volumes are missing: only events tell, and they are read only then.
- apiGroups: [""]
  resources: [events]
  verbs: [list]
# What it tells.
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{- /* What belongs to no namespace of a platform: it reads what it can do without. */ -}}
{{- define "fdp-operator.clusterRules" -}}
# Which programs of others are there, and whether somebody measures the use of CPU.
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  verbs: [get, list, watch]
- apiGroups: [apiregistration.k8s.io]
  resources: [apiservices]
  verbs: [get, list, watch]
# The address of a NodePort.
- apiGroups: [""]
  resources: [nodes]
  verbs: [get, list, watch]
# At which ports the API server itself listens, which a managed Prometheus may call.
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  resourceNames: [kubernetes]
  verbs: [get]
{{- end }}
