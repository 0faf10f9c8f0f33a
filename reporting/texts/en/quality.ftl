# Record-quality report and a unit's work list.
rq-title = Record-quality report
rq-summary = Summary
rq-purpose = How well documents are recorded, what needs mending and what to do first. The report judges the records, not the people who write them.
rq-no-scores = The quality of documents was not checked in this edition.
rq-none = none
rq-key-index = Quality index
rq-key-documents = Documents checked
rq-key-below = Below the limits of chance
rq-key-signals = Signals of change
rq-of-units = { $count ->
    [one] of { $count } unit
   *[other] of { $count } units
}
rq-six-months = last 6 months
rq-say-index = Quality index: { $index }, judged { $grade }. The index is the weighted share of checks passed.
rq-say-weakest = Weakest part of quality: { $name }, { $index }.
rq-say-below = { $count ->
    [one] { $count } unit is below what chance would explain.
   *[other] { $count } units are below what chance would explain.
}
rq-say-none-below = No unit is below what chance would explain.
rq-say-above = { $count ->
    [one] { $count } unit is better than chance would explain: there is something to learn from it.
   *[other] { $count } units are better than chance would explain: there is something to learn from them.
}
rq-say-defect = The most common defect concerns this check: { $rule } ({ $share } of those checked fail).

rq-areas = Service areas
rq-areas-intro = Areas stand in the order of the county’s division, not in order of merit. The interval tells how precisely the index is known.
rq-areas-figure = Quality index by area with 95% intervals. Upright line: county.
rq-areas-alt = Dot plot: quality index by area. { $parts }.
rq-areas-caption = Quality indices by area
rq-index-axis = Quality index
rq-area = Area
rq-overall-interval = Overall (95% interval)

rq-units = Units
rq-units-intro = Each point of the funnel plot is a unit, and the grey bar beside it is where chance may leave a unit of its size and mix of cases. Within the bar differences may be chance, so units are not ranked.
rq-funnel-figure = Quality index of units and limits of chance. Red diamond: below the limits. Green triangle: above the limits.
rq-funnel-alt = Funnel plot: { $units ->
    [one] { $units } unit
   *[other] { $units } units
}, { $outside } outside the limits. Outside: { $names }.
rq-units-caption = Quality indices of units
rq-units-help = The smoothed index draws a small unit towards the level of its area. Limits of chance are worked out for the number and kinds of the unit’s documents.
rq-unit = Unit
rq-index-interval = Index (95% interval)
rq-shrunk = Smoothed
rq-limits = Limits of chance
rq-side = Place
rq-side-below = below the limits
rq-side-just-below = just below the limits
rq-side-above = above the limits
rq-side-just-above = just above the limits
rq-side-inside = within the limits
rq-side-unjudged = no limits

rq-changes = Change over time
rq-changes-intro = A control chart compares a unit’s months with its own usual level. The figure is the share of checks failed. Red diamond: more defects than usual. Green triangle: fewer. The thin line is the usual level, the dashed lines are the limits of chance.
rq-no-changes = Control charts were not made for this edition.
rq-no-signals = { $count ->
    [one] No signals of change in the last six months ({ $count } unit followed).
   *[other] No signals of change in the last six months ({ $count } units followed).
}
rq-changes-caption = Units whose recording has changed more than chance would explain
rq-month = Month
rq-rate = Defects
rq-usual = Usual level
rq-direction = Direction
rq-worse = more defects
rq-better = fewer defects
rq-gathered = { $direction } (gradually)
rq-gathered-help = Gradually: the month itself lies within the limits of chance. Small shifts in the same direction over several months, together more than chance would explain, gave the signal.
rq-control-figure = Control chart: { $unit }
rq-control-alt = Line chart: share of defects by month, { $unit }. Months { $months }, signals of change { $signals }.

rq-outside-caption = Units outside the limits of chance
rq-all-units = All units
rq-findings = New and mended defects
rq-findings-intro = A defect is followed by the ids of its document and check. New: it was not in the edition before. Persisting: it was there already. Fixed: the document now passes the check.
rq-findings-caption = Defects since the edition before ({ $against })
rq-no-earlier-edition = There is no earlier edition to compare with.
rq-new = New
rq-persisting = Persisting
rq-fixed = Fixed

rq-defects = Most common defects and what to do
rq-defects-intro = A check says how a document should be. The share is that of documents that fail the check.
rq-defects-caption = Most common defects: { $area }
rq-no-defects = The checks found no defects.
rq-area-defects = Most common defects by area
rq-say-area-defects = { $area }: { $names }.
rq-not-so = “{ $rule }” does not hold: { $share }
rq-area-defects-intro = In quotation marks stands how it should be. The share tells in how many of the documents checked it is not so. What has the most defects comes first.
rq-check = Check
rq-check-failed = Check that was failed
rq-severity = Severity
rq-severity-fatal = serious
rq-severity-convention = to be mended
rq-severity-characterization = to be watched
rq-failed = Defects
rq-share = Share
rq-mend = What to do

rq-clocks = Legal time limits
rq-clocks-caption = Time limits by area
rq-short-to-assessment = Start of assessment
rq-short-to-decision = Decision
rq-clock-median = { $step }: median
rq-clock-within = { $step }: within the limit

rq-denominators = What was checked and what was left out
rq-denominators-intro = The denominator of each check. Not applicable: the check does not concern the document. Cannot be told: something the check needs is missing.
rq-denominators-caption = Checks, their grounds and denominators
rq-no-cells = Figures by check were not delivered.
rq-source = Ground
rq-eligible = Checked
rq-not-applicable = Not applicable
rq-not-evaluable = Cannot be told

rq-method = Method
rq-method-index = Index: share of checks passed among those that concern the document; a serious check has weight 4, one to be mended 2, one to be watched is not counted.
rq-method-interval = Interval: 95% confidence interval that allows for documents of one author being alike. Where the interval is narrower than the decimals shown, it is told how close to the figure it lies (±).
rq-method-funnel = Limits of chance: a unit with as many documents and ordinary quality is nearly always within them.
rq-method-change = Signal of change: a month lies outside the limits of the unit’s own level, or several months in a row lie on one side of it.
rq-method-privacy = Privacy: the numbers 1–{ $top } and units with fewer than { $smallest } documents are withheld, and so are those from which a withheld number could be worked out.
rq-method-privacy-rounded = Privacy: counts of documents, checks and defects of areas are rounded at random to multiples of { $base }, so parts need not add up to their whole. Other numbers 1–{ $top } and units with fewer than { $smallest } documents are withheld, and so are those from which a withheld number could be worked out.
rq-method-people = No single employee is judged. The list of documents to mend goes only to the unit’s own lead.

rq-unit-title = Record quality of the unit
rq-unit-private = For the unit's lead only: { $unit }. The figures are the unit's own and not hidden. Do not pass them on.
rq-key-to-mend = Documents to mend
rq-defects-in-all = { $count ->
    [one] { $count } defect in all
   *[other] { $count } defects in all
}
rq-unit-below = The index is lower than chance would explain with this many documents.
rq-unit-above = The index is better than chance would explain with this many documents.
rq-unit-inside = The index lies within the limits of chance.
rq-unit-unjudged = No limits of chance have been calculated for the unit.
rq-unit-hidden = There are too few documents to judge the quality.
rq-unit-worse = Defects have increased from the unit's own level, last in { $month }.
rq-unit-better = Defects have decreased from the unit's own level, last in { $month }.
rq-unit-gathered = The month itself lies within the limits of chance: small shifts in the same direction over several months told the change.
rq-unit-findings = Since the edition before: new defects { $new }, persisting { $persisting }, fixed { $fixed }.
rq-unit-indices = Indices
rq-unit-indices-caption = Indices of the unit (95% interval) beside its area's and the county's
rq-unit-funnel = The unit among the others. Grey bar: limits of chance. Diamond: this unit.
rq-unit-funnel-alt = Funnel plot: index of the unit { $index }, limits of chance { $limits }, other units { $units }.
rq-unit-defects-caption = Most common defects of the unit
rq-unit-clocks = Time limits in the unit's service tasks: { $area }
rq-work-list-csv = Work list as a table (CSV)

rq-work-list = Work list: documents to mend
rq-work-list-private = For the lead of the unit only: { $unit }. The list holds document identifiers and pseudonyms of clients. Do not pass it on.
rq-work-list-intro = { $documents ->
    [one] { $documents } document to mend
   *[other] { $documents } documents to mend
}, { $defects ->
    [one] { $defects } defect in all.
   *[other] { $defects } defects in all.
} Documents with the most serious and oldest defects come first.
rq-work-list-caption = Documents to mend: { $unit }
rq-work-list-cut = The page shows the first { $shown } rows. All { $defects } rows are in the CSV file.
rq-document = Document
rq-client = Client’s pseudonym
rq-type = Document type
rq-priority = Order
rq-since = Since
rq-age = Age, days
rq-units-hidden = { $count ->
    [one] { $count } unit is not judged because it has too few documents, or its figure would give away that of another.
   *[other] { $count } units are not judged because they have too few documents, or their figures would give away that of another.
}
rq-type-notification = Contact or notification
rq-type-assessment = Assessment of service needs
rq-type-client-plan = Client plan
rq-type-decision = Decision
rq-type-case-note = Case note
rq-type-closing-summary = Closing summary
rq-unit-unknown = not known
rq-unit-of = { $place }: { $service }
rq-basis-population-decree = government decree on the population information system
rq-basis-time-limits-act = act on the computation of time limits
rq-basis-metadata = national metadata model of documents
rq-basis-processes = service processes of social welfare
rq-basis-structures = Sosmeta, document structures
rq-basis-municipalities = municipalities of the county
rq-basis-duties = the county’s division of duties
rq-basis-limit = the county’s own time limit
rq-basis-social-welfare-act = Social Welfare Act
rq-basis-child-welfare-act = Child Welfare Act
rq-basis-client-data-act = Client Data Act
rq-basis-regulations = administrative regulations
rq-basis-instruction = instruction for recording
rq-basis-administration-act = Administrative Procedure Act
rq-basis-article = article
rq-basis-and = and
rq-basis-local = the county’s own check

# Form for people who read a sample of documents
audit-column-question = Question
audit-column-document = Document
audit-column-type = Document type
audit-column-check = What is checked
audit-column-meaning = When it is a defect
audit-column-answer = Answer ({ $words })
audit-column-note = Note (no personal data)
audit-column-reader = Reader
audit-answer-ok = ok
audit-answer-defect = defect
audit-answer-unclear = unclear

rq-mend-first = What to mend first
rq-mend-first-intro = In order of severity × number × the share that can still be mended. The last column tells by how many percentage points the unit's index rises when they are mended.
rq-defects-count = Defects
rq-oldest = Oldest, days
rq-index-gain = Index rises, percentage points

# The process and the human audit
rq-process = Cases as a process
rq-process-intro = A case goes from phase to phase: initiation, assessment of service needs, planning, decision, service and closing. It deviates when a phase is recorded for the first time only after a later one. A return to an earlier phase and a reopened case are no deviations. Cases with at least two recorded phases are counted.
rq-process-caption = Cases in the expected order by service task, 95% interval
rq-task = Service task
rq-all-tasks = All tasks
rq-cases-judged = Cases
rq-conform = In the expected order
rq-deviate = Deviate
rq-cost-days = Length of the deviation, days (median)
rq-process-times = Times between phases
rq-process-times-intro = Median in days; in brackets the time by which nine cases in ten have moved on. Cases that still wait are counted as waiting (Kaplan–Meier). Skipped phases are left out. Days are calendar days from the date of the first document of a phase to that of the first document of the next phase. The start of assessment in the chapter “{ rq-clocks }” is something else: working days from contact to the recorded first day, which comes before the date of the assessment’s document.
rq-process-times-caption = Days from one phase to the next by service task
rq-not-half-yet = not half yet
rq-process-stalls = Where open cases stand
rq-process-stalls-intro = Open cases by their latest recorded phase. Longer than usual: longer than nine in ten cases of the same service task in the county.
rq-process-stalls-caption = Open cases by phase
rq-phase = Phase
rq-open-cases = Open cases
rq-days-in-phase = Days in the phase (median)
rq-longer-than-usual = Longer than usual
rq-phase-initiation = Initiation
rq-phase-assessment = Assessment
rq-phase-planning = Planning
rq-phase-decision = Decision
rq-phase-service = Service
rq-phase-closing = Closing
rq-audit = How far the checks can be trusted
rq-audit-none = No filled audit forms have come back, so the checks have not been measured. Forms for the units have been drawn for this edition.
rq-audit-intro = People read drawn documents in the source system. Precision: how many findings of the checks are defects to the reader too. Sensitivity: how many of the defects that the reader sees are found by the checks. Kappa tells how far two readers agreed (1 = wholly, 0 = as by chance). Where defects are few, even a few mistakes of readers lower sensitivity much.
rq-audit-caption = Precision and sensitivity of the checks, 95% interval
rq-audit-checks = Checks
rq-audit-read = Read
rq-audit-precision = Precision
rq-audit-sensitivity = Sensitivity
rq-audit-kappa = Kappa
rq-audit-source = Source: the county's own audit, as of { $day }

rq-profile = Quality by service task and document type
rq-profile-intro = Tasks are not ranked: their documents must record different things. The effect of weights tells where the index would lie if serious and other defects were weighed otherwise (1:1 to 8:2; the published index 4:2).
rq-profile-service-task = Quality index by service task
rq-profile-document-type = Quality index by document type
rq-weights-band = Effect of weights
rq-all-documents = All

# What checks take off the index
rq-losses = What lowers the quality index
rq-losses-intro = How many percentage points each check takes off the quality index: its defects times its weight, over all that was checked. The rows add up to what the index lacks of a hundred per cent.
rq-losses-caption = Effect of checks on the quality index: { $place }
rq-losses-others = { $count ->
    [one] Other or hidden check ({ $count })
   *[other] Other and hidden checks ({ $count })
}
rq-losses-whole = In all
rq-points = Percentage points lost
rq-unit-elsewhere = { $count ->
    [one] The indices speak of documents of clients in { $area }. The unit has { $count } document more of clients in other areas; it counts in the defects and the control chart.
   *[other] The indices speak of documents of clients in { $area }. The unit has { $count } documents more of clients in other areas; they count in the defects and the control chart.
}

# Kinds of documents and length of texts
rq-shifts = Changes in what is recorded
rq-shifts-intro = Shares of document types and the length of texts are held against the unit’s own history; what changes in the whole county is allowed for. A change is no defect: the work or the way of recording may have changed.
rq-no-shifts = No unit has changed its shares of document types or the length of its texts in the last six months by more than chance would explain.
rq-no-own-shifts = Shares of document types and the length of texts have not changed in the last six months by more than chance would explain.
rq-shifts-caption = Shares that have changed by more than chance would explain
rq-shift-what = What has changed
rq-shift-short-text = Short texts
rq-shift-long-text = Unusually long texts
rq-shift-up = share has grown
rq-shift-down = share has fallen
rq-shift-figure = Control chart: { $unit }, { $subject }
rq-shift-alt = Line chart: share by month, { $unit }, { $subject }. Months { $months }, signals of change { $signals }.
