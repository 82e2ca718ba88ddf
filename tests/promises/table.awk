# table.awk: what generate prints behind its first lines. The first column of
# its input says what a line is: row, case, fault, unit, injected or kill.

BEGIN {
    while (("./models" | getline name) > 0) {
        models[++count_of_models] = name
    }
}

$1 == "row" && $2 ~ /^= / { rows[++count_of_rows] = $2 }
$1 == "row" && $2 ~ /^[A-J]/ {
    split($2, part, / \| /)
    rows[++count_of_rows] = part[1]
    fault[part[1]] = part[2]
    promise[part[1]] = part[3]
}

# case, fault: model, row, name, number, result, detail
$1 == "case" || $1 == "fault" {
    name = $4
    sub(/^test_/, "", name)
    if ($6 == "failed") {
        printf "%s of %s has failed\n", name, $2 >"/dev/stderr"
        failed = 1
    }
    add_test($3, name)
    if ($6 != "skipped") {
        state[name, $2] = "✓"
    } else if (!((name, $2) in state)) {
        state[name, $2] = "skipped"
    }
}

# unit: file, name
$1 == "unit" {
    name = $3
    sub(/^test_/, "", name)
    row = toupper(substr(name, 1, 1)) (substr(name, 2) + 0)
    add_test(row, name)
    source[name] = $2
    for (i = 1; i <= count_of_models; i++) {
        if (is_part_of($2, models[i])) {
            state[name, models[i]] = "✓"
        }
    }
}

$1 == "injected" {
    sub(/^test_/, "", $2)
    finds[$2] = "a fault that is injected"
}

# kill: mutant, case
$1 == "kill" {
    link = "[" $2 "](mutants/" $2 ".diff)"
    finds[$3] = finds[$3] (finds[$3] == "" ? "" : ", ") link
}

function add_test(row, name)
{
    if (!((row, name) in known)) {
        known[row, name] = 1
        tests[row, ++count_of_tests[row]] = name
    }
}

# The servers that a unit test is about: those that contain what it tests.
function is_part_of(file, model)
{
    if (file ~ /test_co/ && file !~ /test_contract/) {
        return model == "coroutine"
    }
    if (file ~ /test_reactor/) {
        return model == "selectloop"
    }
    return file ~ /^unit\//
}

function cell(name, model)
{
    return (name, model) in state ? state[name, model] : "–"
}

function print_head(title)
{
    letter = substr(title, 3, 1)
    printf "\n## %s. %s\n\n", letter, substr(title, 7)
    if (letter == "J") {
        print "| row | promise, and its tests | the harness | finds |"
        print "|---|---|:-:|---|"
        return
    }
    printf "| row "
    print_models("| promise, and its tests |", "|---|---|")
}

# The head of a table with a column for each model, and the rule below it.
function print_models(head, rule,    i)
{
    for (i = 1; i <= count_of_models; i++) {
        head = head " " models[i] " |"
        rule = rule ":-:|"
    }
    print head " finds |\n" rule "---|"
}

function print_test(row, name,    where, blanks)
{
    where = name in source ? " (" source[name] ")" : ""
    printf "| | `%s`%s |", name, where
    if (row ~ /^J/) {
        printf " ✓ |"
    } else {
        for (i = 1; i <= count_of_models; i++) {
            printf " %s |", cell(name, models[i])
        }
    }
    printf " %s |\n", finds[name]
}

function print_row(row,    i, n)
{
    printf "| **%s** | **%s.** %s |", row, fault[row], promise[row]
    for (i = row ~ /^J/ ? count_of_models : 0; i < count_of_models + 2; i++) {
        printf " |"
    }
    print ""
    for (n = 1; n <= count_of_tests[row]; n++) {
        print_test(row, tests[row, n])
        proven[row] = 1
        found[row] = found[row] finds[tests[row, n]]
    }
}

function print_list(title, list)
{
    printf "\n%s: %s.\n", title, list == "" ? "none" : list
}

END {
    finds["J05_bug_is_found"] = "the bugs of [badserver](harness/badserver/)"
    for (r = 1; r <= count_of_rows; r++) {
        if (rows[r] ~ /^= /) {
            print_head(rows[r])
            continue
        }
        print_row(rows[r])
        if (!(rows[r] in proven)) {
            unproven = unproven (unproven == "" ? "" : ", ") rows[r]
        } else if (found[rows[r]] == "") {
            blunt = blunt (blunt == "" ? "" : ", ") rows[r]
        }
    }
    print "\n## Beyond the matrix"
    print "\nCases without a row: what the flags promise, and what a server costs."
    print ""
    print_models("| test |", "|---|")
    for (n = 1; n <= count_of_tests["-"]; n++) {
        name = tests["-", n]
        printf "| `%s` |", name
        for (i = 1; i <= count_of_models; i++) {
            printf " %s |", cell(name, models[i])
        }
        printf " %s |\n", finds[name]
    }
    print "\n## What is missing"
    print_list("Rows without a test", unproven)
    print_list("Rows whose tests are not known to find a mutant or an" \
        " injected fault", blunt)
    exit failed
}
