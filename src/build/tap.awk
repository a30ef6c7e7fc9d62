# SPDX-License-Identifier: Apache-2.0
# usage: awk -v stage=NAME -v log_path=LOG -v status=EXIT_STATUS -v seconds=N -v counts=FILE -f tap.awk LOG
# Sums up the TAP of one stage in one line, shows each failing line, and appends "passed failed" to the file COUNTS. Of a stage
# that failed as a whole the last lines are shown.
# A skipped test is a failed one; so is a stage that dies, prints no plan or runs other than planned.
{ last[NR % 8] = $0 }
/^ok [0-9]+/ && tolower($0) !~ /# *(skip|todo)/ { passed++; next }
/^(not )?ok [0-9]+/ { failing[++failed] = $0; next }
/^1\.\.[0-9]+/ { plan = substr($1, 4) + 0; planned = 1 }


END {
	ran = passed + failed
	why = ""
	if (!planned) why = "printed no plan"
	else if (ran == 0) why = "ran no test"
	else if (ran != plan) why = "planned " plan " tests and ran " ran
	else if (status != 0 && failed == 0) why = "ended with status " status
	if (status == 124) why = "was stopped after its time limit"
	if (why != "") failing[++failed] = "not ok - stage " stage " " why " (exit status " status ")"
	printf "%-20s %5d passed %4d failed %5d s\n", stage, passed, failed, seconds
	for (i = 1; i <= failed; i++) print "    " failing[i]
	if (why != "") for (i = NR - 7; i <= NR; i++) if (i > 0) print "    | " last[i % 8]
	if (failed) print "    see " log_path
	print passed + 0, failed + 0 >>counts
}
