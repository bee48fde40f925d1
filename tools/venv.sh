#!/bin/sh
# Make .venv hold exactly what a requirements file pins: sh tools/venv.sh requirements.txt
# A stamp named by the files' checksum says that it does, so that the next start costs nothing.
set -eu
file=$1
digest=$(cat requirements.txt "$file" | cksum | tr ' ' '-')
stamp=".venv/installed-$(basename "$file" .txt)-$digest"
if [ -e "$stamp" ] && [ -x .venv/bin/python ]; then
    exit 0
fi

suits() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if ! { [ -x .venv/bin/python ] && suits .venv/bin/python; }; then
    python=
    for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3 python}; do
        if suits "$candidate"; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        found=$("${PYTHON:-python3}" --version 2>&1) || found="没有可用的 Python"
        echo "需要 Python 3.11 或更新的版本，这里找到的是：$found。" >&2
        echo "请先安装，或指明它在哪里，例如：make demo PYTHON=/usr/local/bin/python3.11" >&2
        exit 2
    fi
    echo "正在建立 .venv（$("$python" --version)）…"
    if ! "$python" -m venv --clear .venv; then
        rm -rf .venv
        echo "没有建成 .venv：这个 Python 缺少 venv 模块。Debian/Ubuntu 请先执行 apt-get install python3-venv。" >&2
        exit 2
    fi
fi

echo "正在安装 $file 里的软件包（只在第一次和清单变动之后）…"
if ! .venv/bin/python -m pip install -qq --disable-pip-version-check -r "$file"; then
    echo "软件包没有装全：请看上面 pip 的说明（多半是连不上软件源），处理后再执行一次同样的命令。" >&2
    exit 2
fi
rm -f ".venv/installed-$(basename "$file" .txt)-"*
: >"$stamp"
