# page.awk: read a page of Markdown. Prints a record a line, fields by tabs:
#   2 TEXT  a heading of the second level     h SLUG  any, as an anchor
#   l TARGET  a link     c CODE  a code span, or an indented command
#   s SENTENCE  without code, links
#   sh LINES  how many lines of 100 columns stand before the first sh block
# With -v folder=F the sh blocks are written to F/1.sh, F/2.sh ..., what is
# behind "sh" to F/1.how, and what they print, if it is said, to F/1.text.

# For GitHub: lower case, no punctuation but - and _, a number for the second.
function slug(text) {
    gsub(/\]\([^)]*\)/, "", text)
    text = tolower(text)
    gsub(/[!-,.\/:-@\[-^`{-~]/, "", text)
    gsub(/ /, "-", text)
    return text (seen[text]++ ? "-" seen[text] - 1 : "")
}
# Print the code spans and links of the paragraph, then what is left of it.
function flush(   at, n, parts) {
    while (match(prose, /`[^`]+`/)) {
        print "c\t" substr(prose, RSTART + 1, RLENGTH - 2)
        prose = substr(prose, 1, RSTART - 1) "CODE" substr(prose, RSTART + RLENGTH)
    }
    while (match(prose, /\]\([^) ]+\)|(href|src)="[^"]*"|<https?:[^>]*>/)) {
        at = substr(prose, RSTART, RLENGTH)
        prose = substr(prose, 1, RSTART - 1) substr(prose, RSTART + RLENGTH)
        gsub(/^\]\(|\)$|^(href|src)="|"$|^<|>$/, "", at)
        print "l\t" at
    }
    gsub(/[.!?]+[)*_"]*( |$)/, "&\001", prose)
    n = split(prose, parts, "\001")
    for (at = 1; at <= n; at++) if (parts[at] ~ /[^ ]/) print "s\t" parts[at]
    prose = ""
}
/^ *```/ {
    if (inside) { inside = ""; if (said) said = ""; next }
    flush()
    inside = "other"
    if ($0 ~ /^```sh( |$)/) {
        if (!blocks++) print "sh\t" screen + 0
        inside = folder "/" blocks ".sh"
        if (folder) { print substr($0, 7) >(folder "/" blocks ".how"); printf "" >inside }
        follows = 1
        next
    }
    if ($0 ~ /^```text/ && follows) said = inside = folder "/" blocks ".text"
    follows = 0
    next
}
{ screen += int((length($0) + 99) / 100) + !length($0) }
inside { if (folder && inside != "other") print >inside; next }
/[^ ]/ { follows = 0 }
/^#+ / {
    flush()
    text = $0
    sub(/^#+ /, "", text)
    if ($0 ~ /^## /) print "2\t" text
    print "h\t" slug(text)
}
/^(    |\t)/ && !prose && !list {
    if ($1 == "make" || $1 ~ /^build\//) print "c\t" $1 ($1 == "make" ? " " $2 : "")
    next
}
/^ *$/ { flush(); list = 0; next }
/^ *([-*]|[0-9]+\.) |^\|/ { flush(); list = !/^\|/; sub(/^ *([-*]|[0-9]+\.) /, "") }
!/^#/ { prose = prose (prose ? " " : "") $0 }
END { flush(); if (!blocks) print "sh\tnone" }
