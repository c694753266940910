{{- /* The parts of the three kinds of pods: of the service, of the consumer, of the test.
They meet the restricted Pod Security Standard. */ -}}

{{- define "waypath.pod.common" -}}
serviceAccountName: {{ include "waypath.serviceAccountName" . }}
automountServiceAccountToken: false
# A Service called waypath would set WAYPATH_PORT in every pod of the namespace.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- with .Values.runAsUser }}
  runAsUser: {{ int64 . }}
  runAsGroup: {{ int64 . }}
  # The group may read the secrets.
  fsGroup: {{ int64 . }}
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* Takes a list: the root context, and the component whose pods are spread. */ -}}
{{- define "waypath.pod.spread" -}}
{{- $root := first . -}}
{{- if $root.Values.topologySpread.enabled -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: {{ $root.Values.topologySpread.whenUnsatisfiable }}
    labelSelector:
      matchLabels:
        {{- include "waypath.releaseLabels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ last $ }}
    # During an update, only the new pods count.
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end -}}
{{- end -}}

{{- define "waypath.pod.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: 256Mi
{{- if ne .Values.neo4j.authentication "none" }}
- name: neo4j
  secret:
    secretName: {{ .Values.neo4j.existingSecret }}
    defaultMode: 0440
    items:
      - key: {{ .Values.neo4j.secretKey }}
        path: {{ .Values.neo4j.authentication }}
{{- end }}
{{- with .Values.neo4j.ca.configMap }}
- name: neo4j-ca
  configMap:
    name: {{ . }}
    items:
      - key: {{ $.Values.neo4j.ca.key }}
        path: ca.crt
{{- end }}
{{- if .Values.webhooks.url }}
- name: webhooks
  secret:
    secretName: {{ .Values.webhooks.existingSecret }}
    defaultMode: 0440
    items:
      - key: {{ .Values.webhooks.secretKey }}
        path: secret
{{- end }}
{{- with .Values.suppression.existingSecret }}
- name: suppression
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      - key: {{ $.Values.suppression.secretKey }}
        path: suppression-secret
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "waypath.container.common" -}}
image: {{ include "waypath.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
  seccompProfile:
    type: RuntimeDefault
envFrom:
  - configMapRef:
      name: {{ include "waypath.fullname" . }}
{{- if or .Values.redis.existingSecret .Values.extraEnv }}
env:
  {{- if .Values.redis.existingSecret }}
  - name: WAYPATH_RATE_LIMIT_STORAGE
    valueFrom:
      secretKeyRef:
        name: {{ .Values.redis.existingSecret }}
        key: {{ .Values.redis.secretKey }}
  {{- end }}
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}

{{- /* Directories, not single files by subPath: these would not follow a rotation. */ -}}
{{- define "waypath.container.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- if ne .Values.neo4j.authentication "none" }}
- name: neo4j
  mountPath: /run/secrets/neo4j
  readOnly: true
{{- end }}
{{- if .Values.neo4j.ca.configMap }}
- name: neo4j-ca
  mountPath: /etc/waypath/neo4j-ca
  readOnly: true
{{- end }}
{{- if .Values.webhooks.url }}
- name: webhooks
  mountPath: /run/secrets/webhooks
  readOnly: true
{{- end }}
{{- if .Values.suppression.existingSecret }}
- name: suppression
  mountPath: /run/secrets/suppression
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* The probes of the service and the consumer. /healthz does not ask Neo4j: an outage of Neo4j
restarts no pod. */ -}}
{{- define "waypath.container.probes" -}}
startupProbe:
  httpGet:
    path: /healthz
    port: http
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: {{ div (int .Values.startupTimeoutSeconds) 2 }}
livenessProbe:
  httpGet:
    path: /healthz
    port: http
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet:
    path: /readyz
    port: http
  periodSeconds: 5
  timeoutSeconds: 2
  failureThreshold: 2
{{- end -}}
