#!/usr/bin/env bash
# Tells Elasticsearch how to keep the logs and who brings them, and Kibana where they are, and signs in as both do. It waits
# until they answer, and changes nothing that is already right.
set -euo pipefail

credentials=elastic:$ELASTIC_PASSWORD
status=

# ask METHOD URL FILE SERVER: sends the file, if there is one, and fails with what the server answered. The password is
# no argument, which others could read in the list of processes.
ask() {
  local method=$1 url=$2 file=$3 server=$4
  status=$(curl --silent --show-error --max-time 60 --request "$method" \
    --config <(printf 'user = "%s"\n' "$credentials") \
    ${CERTIFICATES:+--cacert "$CERTIFICATES/$server/ca.crt"} \
    --header 'content-type: application/json' --header 'kbn-xsrf: true' \
    ${file:+--data-binary "@$file"} --output /tmp/answer --write-out '%{http_code}' "$url") || return 1
  [[ $status == 2* ]] && return 0
  echo "$method $url: $status: $(head --bytes 1000 /tmp/answer)" >&2
  return 1
}

elasticsearch() { ask "$1" "$ELASTICSEARCH_URL/$2" "${3-}" elasticsearch; }
kibana() { ask "$1" "$KIBANA_URL/$2" "${3-}" kibana; }

# refused USER: ends in words that the operator looks for, with what Elasticsearch said.
refused() {
  echo "SignInRefused elasticsearch: the user $1 is refused: $(head --bytes 300 /tmp/answer | tr '\n' ' ')" >&2
  exit 1
}

# signs_in USER PASSWORD: whether Elasticsearch knows whom the Secret names.
signs_in() {
  credentials=$1:$2 elasticsearch GET _security/_authenticate && return
  [[ $status != 401 ]] || refused "$1"
  return 1
}

refusals=0
until elasticsearch GET '_cluster/health?wait_for_status=yellow&timeout=50s'; do
  # While it starts, Elasticsearch may refuse everybody.
  if [[ $status == 401 ]]; then refusals=$((refusals + 1)); else refusals=0; fi
  ((refusals < 10)) || refused elastic
  sleep 2
done

if [[ -n ${KIBANA_PASSWORD-} ]]; then
  printf '{"password":"%s"}' "$KIBANA_PASSWORD" > /tmp/kibana.json
  elasticsearch PUT _security/user/kibana_system/_password /tmp/kibana.json
  signs_in kibana_system "$KIBANA_PASSWORD"
fi
elasticsearch PUT "_ilm/policy/$INDEX" /setup/policy.json
elasticsearch PUT "_index_template/$INDEX" /setup/template.json
# The user comes last: before, Fluentd could make an index without the template.
elasticsearch PUT "_security/role/$INDEX" /setup/role.json
printf '{"password":"%s","roles":["%s"]}' "$FLUENTD_PASSWORD" "$INDEX" > /tmp/fluentd.json
elasticsearch PUT _security/user/fluentd /tmp/fluentd.json
signs_in fluentd "$FLUENTD_PASSWORD"

if [[ -n ${KIBANA_URL-} ]]; then
  until kibana GET api/status; do sleep 2; done
  kibana POST api/data_views/data_view /setup/data-view.json
fi
echo 'Elasticsearch and Kibana are set up'
