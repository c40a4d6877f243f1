#!/usr/bin/env bash
# Run the pipeline:  ./repro.sh [PARAMETER_FILE] [JOBS]
#
# With another file than params.yaml it runs in a folder of its own, runs/<name>, on copies of the tracked files, so
# that params.yaml, dvc.lock and the committed results stay as they are.
set -euo pipefail
params=${1:-params.yaml} jobs=${2:-1}

if [ "$params" != params.yaml ]; then
    [ -f "$params" ] || { echo "repro.sh: $params: no such parameter file" >&2; exit 1; }
    run=runs/$(basename "$params" .yaml)
    cache=$(pwd)/.dvc/cache
    mkdir -p "$run"
    [ -d "$run/.dvc" ] || (cd "$run" && dvc init --quiet --no-scm)
    git ls-files -z stages dvc.yaml .dvcignore .dvc/plots data/bundled | xargs -0 cp --parents -t "$run"
    cp "$params" "$run/params.yaml"
    # a relative path of a corpus or of vectors is from here
    sed -nE "s/^ +source: *[\"']?([^\"'#]*[^\"'# ]).*/\1/p" "$params" | while IFS= read -r source; do
        if [ "${source#/}" = "$source" ] && [ -f "$source" ]; then
            sed -i.relative "s|\(source: *[\"']\{0,1\}\)$source|\1$(pwd)/$source|" "$run/params.yaml"
        fi
    done
    cd "$run"
    dvc config core.analytics false
    dvc config cache.dir "$cache"
fi

if [ "$jobs" -gt 1 ]; then
    # dvc runs one stage after another; the training stages, which only read what stands before them, need not wait.
    # They are dealt out to the jobs from the last, the largest, to the first; what is left over of these goes to
    # whichever job ends first.
    dvc repro glove-coverage tokenize &
    before=$!
    hands=$(dvc stage list --name-only | grep '^train' | awk -v jobs="$jobs" '
        { stage[NR] = $0 }
        END {
            for (job = 0; job < jobs; job++) {
                for (n = NR - job; n > NR % jobs; n -= jobs) printf " %s", stage[n]
                print ""
            }
            for (n = NR % jobs; n > 0; n--) print stage[n]
        }')
    wait "$before"
    xargs -P "$jobs" -L 1 dvc --wait-for-lock repro --single-item <<<"$hands"
fi
dvc repro

echo
cat plots/results.md
echo
echo "Figures: $(pwd)/plots (comparison.png, losses.png, coverage.png, lengths.png, curves/)"
echo "Report:  $(pwd)/plots/report.html"
