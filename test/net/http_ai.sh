#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Calls of AI APIs, in each dialect, against a server that speaks them all and a gateway in front of
# it: models, tokens, streams, errors. Unknown is not zero, and keys are nowhere.
NODE=${SKBSCOPE_BUILD:-$(dirname "$0")/../../build}/test/ai
for tool in node npm curl; do
	command -v "$tool" >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
if [ $$ != 1 ] && [ ! -e "$NODE/node_modules/@portkey-ai/gateway/build/start-server.js" ]; then # before there is no network
	npm install --silent --ignore-scripts --no-audit --no-fund --prefix "$NODE" \
		@copilotkit/aimock@1.43.0 @portkey-ai/gateway@1.15.2 ||
		{ echo "skipped: npm does not get the servers"; exit 77; }
fi
. "$(dirname "$0")/lib.sh"
NODE=$(realpath "$NODE")/node_modules
ip link set lo up
COMMAND=http

cat >"$WORK/said.json" <<'EOF'
{"fixtures":[
 {"match":{"userMessage":"hello"},"response":{"content":"Hello! How can I help you today? I am here.","usage":{"prompt_tokens":11,"completion_tokens":9,"total_tokens":20,"input_tokens":11,"output_tokens":9}}},
 {"match":{"userMessage":"denied"},"response":{"error":{"message":"bad key","type":"invalid_request_error","code":"invalid_api_key"},"status":401}},
 {"match":{"userMessage":"limit"},"response":{"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"},"status":429}},
 {"match":{"inputText":"hello"},"response":{"embedding":[0.1,0.2,0.3]}}
]}
EOF
node "$NODE/@copilotkit/aimock/dist/cli.js" -p 4010 -f "$WORK/said.json" --latency 20 >"$WORK/mock.log" 2>&1 &
MOCK=$!
(cd "$NODE/@portkey-ai/gateway" && NODE_ENV=production exec node build/start-server.js --port=8787 --headless) >"$WORK/gateway.log" 2>&1 &
GATEWAY=$!
listens() { [ -n "$(ss -Hltn "sport = $1")" ]; }
check "the server listens" within 30 listens 4010 || { cat "$WORK/mock.log"; finish; }
check "the gateway listens" within 30 listens 8787 || { cat "$WORK/gateway.log"; finish; }
start -i lo --port 4010,8787 --ai --interval "$(ms 200)" --audit "$WORK/audit.log" || finish

URL=http://127.0.0.1:4010 GATE=http://127.0.0.1:8787
says() { echo "\"messages\":[{\"role\":\"user\",\"content\":\"$1\"}]"; }
ask() { # BODY ARGUMENTS of curl…
	curl -sSN --noproxy '*' --max-time 60 -H 'content-type: application/json' \
		-H 'authorization: Bearer sk-PLANTED-bearer' -d "$1" "${@:2}"
	echo
} >>"$WORK/answers" 2>&1
chat=$URL/v1/chat/completions
ask "{\"model\":\"gpt-4o\",$(says hello)}" "$chat"
ask "{\"model\":\"gpt-4o\",\"stream\":true,\"stream_options\":{\"include_usage\":true},$(says hello)}" "$chat"
ask "{$(says hello),\"stream\":true,\"model\":\"gpt-4o-mini\"}" "$chat"
ask "{\"model\":\"gpt-4o\",$(says denied)}" "$chat"
ask "{\"model\":\"gpt-4o\",$(says limit)}" "$chat"
ask '{"model":"gpt-4o","input":"hello"}' "$URL/v1/responses"
ask '{"model":"gpt-4o","input":"hello","stream":true}' "$URL/v1/responses"
ask '{"model":"text-embedding-3-small","input":"hello"}' "$URL/v1/embeddings"
ask "{\"model\":\"claude-3-5-sonnet\",\"max_tokens\":99,$(says hello)}" -H 'x-api-key: PLANTED-anthropic' \
	-H 'anthropic-version: 2023-06-01' "$URL/v1/messages"
ask "{\"model\":\"claude-3-5-sonnet\",\"max_tokens\":99,\"stream\":true,$(says hello)}" \
	-H 'anthropic-version: 2023-06-01' "$URL/v1/messages"
gemini='{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}'
ask "$gemini" "$URL/v1beta/models/gemini-1.5-pro:generateContent?key=PLANTED-gemini"
ask "$gemini" "$URL/v1beta/models/gemini-1.5-pro:streamGenerateContent?alt=sse&key=PLANTED-gemini"
ask "{$(says hello)}" -H 'api-key: PLANTED-azure' \
	"$URL/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"
ask "{\"model\":\"llama3\",$(says hello)}" "$URL/api/chat"
ask "{\"model\":\"llama3\",\"stream\":false,$(says hello)}" "$URL/api/chat"
for what in hello denied limit; do
	ask "{\"model\":\"gpt-4o\",$(says "$what")}" -H 'x-portkey-provider: openai' \
		-H "x-portkey-custom-host: $URL/v1" "$GATE/v1/chat/completions"
done
# Somebody who does not wait for the end.
curl -sSN --noproxy '*' -H 'content-type: application/json' -d "{\"model\":\"gone\",\"stream\":true,$(says hello)}" "$chat" \
	2>/dev/null | head -c 400 >"$WORK/part"

calls() { grep -c '^{"event":"calls"' "$READINGS"; }
all_there() { [ "$(calls)" = 22 ]; }
check "every call comes, those of the gateway twice" within 20 all_there
facts() { # PORT
	gojq -r "select(.event == \"calls\" and .server_port == $1 and .model_asked != \"gone\") |
		[.dialect, .operation, .status, .model_asked, .model_answered // \"-\", .streamed, .events // \"-\",
		.tokens_in // \"-\", .tokens_out // \"-\", .error_type // \"-\", .retry_after_s // \"-\"] | join(\" \")" "$READINGS"
}
equal "dialect, model, stream, events, tokens, error of each" "$(facts 4010)" \
	"openai chat 200 gpt-4o gpt-4o false - 11 9 - -
openai chat 200 gpt-4o gpt-4o true 7 11 9 - -
openai chat 200 gpt-4o-mini gpt-4o-mini true 6 - - - -
openai chat 401 gpt-4o - false - - - invalid_request_error -
openai chat 429 gpt-4o - false - - - rate_limit_error 1
openai responses 200 gpt-4o gpt-4o false - 11 9 - -
openai responses 200 gpt-4o gpt-4o true 11 11 9 - -
openai embeddings 200 text-embedding-3-small text-embedding-3-small false - 0 - - -
anthropic chat 200 claude-3-5-sonnet claude-3-5-sonnet false - 11 9 - -
anthropic chat 200 claude-3-5-sonnet claude-3-5-sonnet true 8 11 9 - -
gemini chat 200 gemini-1.5-pro - false - 11 9 - -
gemini chat 200 gemini-1.5-pro - true 3 11 9 - -
azure chat 200 my-gpt my-gpt false - 11 9 - -
ollama chat 200 llama3 llama3 true 4 0 0 - -
ollama chat 200 llama3 llama3 false - 0 0 - -
openai chat 200 gpt-4o gpt-4o false - 11 9 - -
openai chat 401 gpt-4o - false - - - invalid_request_error -
openai chat 429 gpt-4o - false - - - rate_limit_error 1"
equal "the gateway's side, as it says itself" "$(facts 8787)" \
	"openai chat 200 gpt-4o gpt-4o false - 11 9 - -
openai chat 401 gpt-4o - false - - - invalid_request_error -
openai chat 429 gpt-4o - false - - - rate_limit_error 1"
equal "which gateway, and whom it asked" "$(gojq -r 'select(.server_port == 8787) | "\(.gateway) \(.provider)"' "$READINGS" | sort -u)" "portkey openai"
equal "streams alone have a first token, which is not their first byte" \
	"$(gojq -r 'select(.event == "calls" and .model_asked != "gone" and .status == 200) |
		select((.first_token_ns != null) != .streamed or (.first_token_ns != null and .first_token_ns < .first_byte_ns)) | .path' "$READINGS")" ""
equal "who goes away leaves what was seen" "$(gojq -r 'select(.model_asked == "gone") | "\(.streamed) \(.aborted) \(.tokens_out) \(.events < 6)"' "$READINGS")" \
	"true true null true"
counted() { reading && [ "$(gojq '[.tables.models.rows[].calls] | add' <<<"$READING")" = 22 ]; }
check "the table of models has them all" within 10 counted
equal "by model and dialect" "$(last '.tables.models.rows[] | select(.model == "claude-3-5-sonnet" or .model == "gpt-4o") |
	"\(.model) \(.dialect) \(.calls) \(.failures) \(.streamed) \(.tokens_in) \(.tokens_out) \(.without_usage) \(.first_token.n)"' | sort)" \
	"claude-3-5-sonnet anthropic 2 0 1 22 18 0 1
gpt-4o openai 12 6 2 66 54 6 2"
stop
equal "it ends well" "$STATUS" 0
equal "no key is anywhere" "$(grep -l PLANTED "$READINGS" "$ERRORS" "$WORK/audit.log")" ""
equal "nor what was said" "$(grep -l 'How can I help' "$READINGS" "$ERRORS" "$WORK/audit.log")" ""
check "the audit is whole" "$SKBSCOPE" http --verify "$WORK/audit.log"
kill "$MOCK" "$GATEWAY"
wait "$MOCK" "$GATEWAY" 2>/dev/null
nothing_left "http of AI" lo
finish
