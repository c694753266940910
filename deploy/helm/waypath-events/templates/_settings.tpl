{{- /* A value as the text of an environment variable. Helm reads numbers as floats: 1e+06. */ -}}
{{- define "waypath.text" -}}
{{- if kindIs "float64" . -}}
{{- int64 . -}}
{{- else -}}
{{- toString . -}}
{{- end -}}
{{- end -}}

{{- /* The port of a URL or of host:port, or else a default. Takes a list of both. */ -}}
{{- define "waypath.port" -}}
{{- $address := regexReplaceAll "^[a-z+]+://" (first .) "" -}}
{{- $host := regexReplaceAll "[/?].*$" $address "" -}}
{{- default (last .) (trimPrefix ":" (regexFind ":[0-9]+$" $host)) -}}
{{- end -}}

{{- /* Whether all pods count the rate limit together. Empty if not. */ -}}
{{- define "waypath.hasSharedRateLimit" -}}
{{- if or .Values.redis.url .Values.redis.existingSecret }}true{{ end -}}
{{- end -}}

{{- /* The greatest number of workers that serve at once. */ -}}
{{- define "waypath.maxWorkers" -}}
{{- $pods := ternary .Values.autoscaling.maxReplicas .Values.replicaCount .Values.autoscaling.enabled -}}
{{- mul (int $pods) (int .Values.workers) -}}
{{- end -}}

{{- /* The host names by which agents reach /mcp: of the Service, of the Ingress, and others. */ -}}
{{- define "waypath.mcpHosts" -}}
{{- $name := include "waypath.fullname" . -}}
{{- $inNamespace := printf "%s.%s" $name .Release.Namespace -}}
{{- $own := list $name $inNamespace (printf "%s.svc" $inNamespace) (printf "%s.svc.cluster.local" $inNamespace) -}}
{{- concat $own .Values.ingress.hosts .Values.mcpHosts | uniq | join "," -}}
{{- end -}}

{{- /* The environment of the service, of the consumer and of the test, without secrets. */ -}}
{{- define "waypath.settings" -}}
NEO4J_URI: {{ .Values.neo4j.uri | quote }}
NEO4J_USERNAME: {{ .Values.neo4j.username | quote }}
NEO4J_DATABASE: {{ .Values.neo4j.database | quote }}
{{- if eq .Values.neo4j.authentication "password" }}
NEO4J_PASSWORD_FILE: /run/secrets/neo4j/password
{{- else if eq .Values.neo4j.authentication "token" }}
NEO4J_TOKEN_FILE: /run/secrets/neo4j/token
{{- end }}
{{- if .Values.neo4j.ca.configMap }}
NEO4J_CA_FILE: /etc/waypath/neo4j-ca/ca.crt
{{- end }}
{{- if and .Values.redis.url (not .Values.redis.existingSecret) }}
WAYPATH_RATE_LIMIT_STORAGE: {{ .Values.redis.url | quote }}
{{- end }}
{{- if .Values.webhooks.url }}
WAYPATH_WEBHOOK_URL: {{ .Values.webhooks.url | quote }}
WAYPATH_WEBHOOK_SECRET_FILE: /run/secrets/webhooks/secret
{{- with .Values.webhooks.types }}
WAYPATH_WEBHOOK_TYPES: {{ join "," . | quote }}
{{- end }}
{{- end }}
{{- if .Values.suppression.existingSecret }}
WAYPATH_SUPPRESSION_SECRET_FILE: /run/secrets/suppression/suppression-secret
{{- end }}
WAYPATH_PORT: "8000"
WAYPATH_WORKERS: {{ include "waypath.text" .Values.workers | quote }}
WAYPATH_MCP_HOSTS: {{ include "waypath.mcpHosts" . | quote }}
{{- with .Values.trustedProxies }}
WAYPATH_TRUSTED_PROXIES: {{ join "," . | quote }}
{{- end }}
{{- range $name, $value := .Values.config }}
{{ $name }}: {{ include "waypath.text" $value | quote }}
{{- end }}
{{- end -}}

{{- define "waypath.consumer.properties" -}}
{{- range $name, $value := .Values.consumer.properties -}}
{{ $name }}={{ include "waypath.text" $value }}
{{ end -}}
{{- end -}}

{{- /* Ends the rendering with all problems of the values at once. */ -}}
{{- define "waypath.requireValues" -}}
{{- $problems := list -}}
{{- if not .Values.image.repository -}}
{{- $problems = append $problems "image.repository: set the repository of your image, because no image is published" -}}
{{- end -}}
{{- if not .Values.neo4j.uri -}}
{{- $problems = append $problems "neo4j.uri: set the address of your Neo4j, such as neo4j+s://graph.example.com:7687" -}}
{{- end -}}
{{- if and (ne .Values.neo4j.authentication "none") (not .Values.neo4j.existingSecret) -}}
{{- $problems = append $problems "neo4j.existingSecret: set the secret with the credential, or neo4j.authentication=none" -}}
{{- end -}}
{{- if and .Values.neo4j.ca.configMap (not (regexMatch "^(bolt|neo4j)\\+s://" .Values.neo4j.uri)) -}}
{{- $problems = append $problems "neo4j.ca.configMap: requires a neo4j.uri with bolt+s:// or neo4j+s://" -}}
{{- end -}}
{{- if and .Values.webhooks.url (not .Values.webhooks.existingSecret) -}}
{{- $problems = append $problems "webhooks.existingSecret: set the secret with the secrets that sign webhooks" -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- $problems = append $problems "autoscaling.minReplicas: must not exceed autoscaling.maxReplicas" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
{{- $problems = append $problems "ingress.hosts: set a host name" -}}
{{- end -}}
{{- if and .Values.monitoring.serviceMonitor.enabled (not .Values.monitoring.existingSecret) -}}
{{- $problems = append $problems "monitoring.existingSecret: set the secret with an API key for /metrics" -}}
{{- end -}}
{{- if .Values.consumer.enabled -}}
{{- if not .Values.consumer.bootstrapServers -}}
{{- $problems = append $problems "consumer.bootstrapServers: set a broker, as host:port" -}}
{{- end -}}
{{- if not .Values.consumer.topics -}}
{{- $problems = append $problems "consumer.topics: set a topic" -}}
{{- end -}}
{{- if has .Values.consumer.deadLetterTopic .Values.consumer.topics -}}
{{- $problems = append $problems "consumer.deadLetterTopic: must not be one of consumer.topics" -}}
{{- end -}}
{{- if and .Values.consumer.secretProperties (not .Values.consumer.existingSecret) -}}
{{- $problems = append $problems "consumer.existingSecret: set the secret that consumer.secretProperties names keys of" -}}
{{- end -}}
{{- end -}}
{{- if $problems -}}
{{- fail (printf "\n\n%s\n" (join "\n" $problems)) -}}
{{- end -}}
{{- end -}}
