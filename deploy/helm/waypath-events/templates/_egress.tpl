{{- /* A rule for outgoing traffic. Takes a list: the peers, and the ports. */ -}}
{{- define "waypath.egress.rule" -}}
- ports:
    {{- range last . }}
    - protocol: TCP
      port: {{ int . }}
    {{- end }}
  {{- with first . }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- /* The rules of every pod: DNS, Neo4j, Redis and the collector of traces. */ -}}
{{- define "waypath.egress.common" -}}
{{- $policy := .Values.networkPolicy -}}
- ports:
    {{- range list 53 5353 }}
    {{- $port := . }}
    {{- range list "UDP" "TCP" }}
    - protocol: {{ . }}
      port: {{ $port }}
    {{- end }}
    {{- end }}
  {{- with $policy.dns.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{ $port := include "waypath.port" (list .Values.neo4j.uri "7687") -}}
{{ include "waypath.egress.rule" (list $policy.neo4j.to (default (list $port) $policy.neo4j.ports)) }}
{{- if include "waypath.hasSharedRateLimit" . }}
{{- $port := include "waypath.port" (list (ternary "" .Values.redis.url (ne .Values.redis.existingSecret "")) "6379") }}
{{ include "waypath.egress.rule" (list $policy.redis.to (default (list $port) $policy.redis.ports)) }}
{{- end }}
{{- with .Values.config.OTEL_EXPORTER_OTLP_ENDPOINT }}
{{- $port := include "waypath.port" (list . (ternary "443" "80" (hasPrefix "https:" .))) }}
{{ include "waypath.egress.rule" (list $policy.otlp.to (default (list $port) $policy.otlp.ports)) }}
{{- end }}
{{- with $policy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* The receiver of webhooks. */ -}}
{{- define "waypath.egress.webhooks" -}}
{{- $url := .Values.webhooks.url -}}
{{- $port := include "waypath.port" (list $url (ternary "443" "80" (hasPrefix "https:" $url))) -}}
{{- $policy := .Values.networkPolicy.webhooks -}}
{{- include "waypath.egress.rule" (list $policy.to (default (list $port) $policy.ports)) -}}
{{- end -}}

{{- /* The ports of the brokers, without repetitions. */ -}}
{{- define "waypath.egress.kafka" -}}
{{- $ports := list -}}
{{- range .Values.consumer.bootstrapServers -}}
{{- $ports = append $ports (include "waypath.port" (list . "9092")) -}}
{{- end -}}
{{- $policy := .Values.networkPolicy.kafka -}}
{{- include "waypath.egress.rule" (list $policy.to (default (uniq $ports) $policy.ports)) -}}
{{- end -}}
