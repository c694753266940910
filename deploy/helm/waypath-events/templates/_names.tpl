{{- define "waypath.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- /* At most 52 characters, so that a suffix such as -consumer fits into 63. */ -}}
{{- define "waypath.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "waypath.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "waypath.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "waypath.consumer.fullname" -}}
{{- include "waypath.fullname" . }}-consumer
{{- end -}}

{{- define "waypath.serviceAccountName" -}}
{{- default (ternary (include "waypath.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "waypath.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- /* The labels of all resources of the release. */ -}}
{{- define "waypath.labels" -}}
{{ include "waypath.releaseLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* The labels by which resources select each other. They never change. */ -}}
{{- define "waypath.releaseLabels" -}}
app.kubernetes.io/name: {{ include "waypath.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
