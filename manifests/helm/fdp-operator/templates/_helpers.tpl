{{- /* Names, labels and images that several objects share. */ -}}

{{- define "fdp-operator.name" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 53 | trimSuffix "-" }}
{{- end }}

{{- define "fdp-operator.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "fdp-operator.name" .) }}
{{- end }}

{{- define "fdp-operator.selector" -}}
app.kubernetes.io/component: operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "fdp-operator.labels" -}}
app.kubernetes.io/name: fdp-operator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: food-delivery-platform
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "fdp-operator.tag" -}}
{{- .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "fdp-operator.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.registry }}/operator@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.registry }}/operator:{{ include "fdp-operator.tag" . }}
{{- end }}
{{- end }}
