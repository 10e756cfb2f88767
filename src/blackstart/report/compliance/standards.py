"""The parts of the standards to which such evidence speaks, in our own words, and what it leaves open.

Nothing here is the text of a standard: read that itself. Nothing here says that a part is fulfilled.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One part: what it asks, in our words; which evidence (keys of ``speaking``) speaks to it; what that leaves."""

    ref: str
    asks: str
    speaks: tuple[str, ...]
    leaves: str


@dataclass(frozen=True)
class Standard:
    """A standard, and the parts of it that drills can say something about."""

    name: str
    parts: tuple[Part, ...]


ISO_22301 = Standard(
    "ISO 22301:2019, clause 8.5 (exercise programme)",
    (
        Part(
            "8.5, the programme",
            "A programme of exercises and tests is kept up, so that continuity strategies and solutions are shown to "
            "work over time.",
            ("programme", "recovery"),
            "Whether the strategies and solutions not drilled here work. Whether the programme covers all that the "
            "business impact analysis names.",
        ),
        Part(
            "8.5 a)",
            "Exercises agree with the continuity objectives.",
            ("objectives",),
            "Whether the targets used here are those of the business impact analysis.",
        ),
        Part(
            "8.5 b)",
            "Scenarios are fitting, well planned, with clear aims.",
            ("scenarios",),
            "Whether the choice of scenarios is adequate for the risks of the organisation.",
        ),
        Part(
            "8.5 c)",
            "Exercises build teamwork, competence, confidence and knowledge in those who have a role.",
            ("people",),
            "What people learned, and how they worked together: an automated runbook trains nobody.",
        ),
        Part(
            "8.5 d)",
            "Together and over time, exercises confirm the strategies and solutions.",
            ("recovery", "integrity", "failback"),
            "How often such a recovery would succeed, beyond what so few drills can show.",
        ),
        Part(
            "8.5 e)",
            "Each exercise is followed by a report with outcomes, recommendations and actions.",
            ("reports", "findings"),
            "Whether the recommendations are right and complete.",
        ),
        Part(
            "8.5 f)",
            "Exercises are looked at with a view to continual improvement.",
            ("findings", "retests"),
            "The reviews themselves.",
        ),
        Part(
            "8.5 g)",
            "They take place at planned intervals, and when something significant changes.",
            ("programme",),
            "Which changes there were in the period, and whether each was followed by an exercise.",
        ),
    ),
)

NIST_800_34 = Standard(
    "NIST SP 800-34 Rev. 1, section 3.5 (testing, training and exercises)",
    (
        Part(
            "3.5, test plan",
            "Tests follow a plan with explicit objectives and criteria of success; results and lessons go into a "
            "report and back into the plan.",
            ("objectives", "reports", "findings"),
            "Whether lessons reached the contingency plan.",
        ),
        Part(
            "3.5.1, notification",
            "Notification procedures are tested.",
            ("detection",),
            "Who was called, and whether they were reached: detection and declaration are dated, people are not.",
        ),
        Part(
            "3.5.1, alternate platform",
            "The system is recovered on an alternate platform, from backup media.",
            ("switchover",),
            "Recovery from backup media: the standby is fed by replication, no backup is restored.",
        ),
        Part(
            "3.5.1, connectivity",
            "Internal and external connections are tested.",
            ("connectivity",),
            "Connections other than those that the instruments used.",
        ),
        Part(
            "3.5.1, performance",
            "Performance on the alternate equipment is tested.",
            ("performance",),
            "Behaviour under more than the declared load.",
        ),
        Part(
            "3.5.1, normal operations",
            "Return to normal operations is tested.",
            ("failback",),
            "Operations beside the system: staff, suppliers, other systems.",
        ),
        Part(
            "3.5.2, training",
            "People with a role are trained in it.",
            (),
            "Training is not a matter of drills of this kind.",
        ),
        Part(
            "3.5.3, exercises",
            "Exercises fit the system's impact level: from a discussion, through a functional exercise, to one at full "
            "scale with recovery at the alternate site.",
            ("scenarios", "switchover"),
            "The system's impact level, and the part of the exercise that people play.",
        ),
    ),
)

SOC_2 = Standard(
    "SOC 2, Trust Services Criteria, A1.3 (availability)",
    (
        Part(
            "A1.3",
            "Recovery procedures are tested against the objectives of the entity.",
            ("objectives", "recovery"),
            "Procedures that no drill of the period exercised.",
        ),
        Part(
            "A1.3, continuity testing",
            "Tests are periodic; scenarios follow the likelihood and size of threats, take in components across the "
            "entity and the absence of key people; plans are revised by the results.",
            ("programme", "scenarios", "findings"),
            "Likelihood of threats, absence of key people, and revisions of the plan.",
        ),
        Part(
            "A1.3, backup data",
            "Integrity and completeness of backup data are tested from time to time.",
            ("integrity",),
            "Backups: what was compared is replicated data in the promoted standby, write by write.",
        ),
    ),
)

DORA = Standard(
    "Regulation (EU) 2022/2554 (DORA), Articles 11(6) and 12(7)",
    (
        Part(
            "Art. 11(6)(a)",
            "Continuity plans and response and recovery plans are tested at least once a year for the systems of all "
            "functions, and after substantive changes to those of critical or important functions.",
            ("programme", "recovery"),
            "Other systems and functions, and which changes there were.",
        ),
        Part(
            "Art. 11(6)(b)",
            "Crisis communication plans are tested.",
            (),
            "No drill of this kind tests communication.",
        ),
        Part(
            "Art. 11(6), second subparagraph",
            "Other than microenterprises, entities test scenarios of cyber-attacks, and of switching between the "
            "primary infrastructure and redundant capacity, backups and redundant facilities.",
            ("switchover", "failback"),
            "Cyber-attacks: the faults are losses of availability. Backups: none is restored.",
        ),
        Part(
            "Art. 11(6), third subparagraph",
            "Policy and plans are reviewed in the light of the results of tests, audits and supervisory reviews.",
            ("findings", "retests"),
            "The reviews themselves.",
        ),
        Part(
            "Art. 12(7)",
            "On recovery, checks and reconciliations are made, several where needed, so that the integrity of data is "
            "as high as it can be, also for data that comes back from outside, so that systems agree with each other.",
            ("integrity",),
            "Data other than the writes of the ledger, data from outside parties, agreement between systems.",
        ),
    ),
)

RTS_2024_1774 = Standard(
    "Commission Delegated Regulation (EU) 2024/1774, Article 25",
    (
        Part(
            "Art. 25(1)",
            "Testing takes the business impact analysis and the risk assessment into account.",
            ("rationale",),
            "The analysis and the assessment themselves.",
        ),
        Part(
            "Art. 25(2)(a)",
            "Scenarios are enough of them, severe but plausible, and those for which the plans were made.",
            ("scenarios",),
            "Whether they are enough, and whether they are those of the plans.",
        ),
        Part(
            "Art. 25(2)(b)",
            "Services of ICT providers are tested too, where they matter, their failure and insolvency considered.",
            ("surroundings",),
            "A provider's own continuity, its insolvency, political risk.",
        ),
        Part(
            "Art. 25(2)(c)",
            "Entities other than microenterprises switch over to redundant capacity, and verify that critical or "
            "important functions run there properly for long enough, and that normal functioning can be restored.",
            ("switchover", "soak", "failback"),
            "What long enough is: the time in the standby is measured, its adequacy is a decision.",
        ),
        Part(
            "Art. 25(2)(d)",
            "Tests challenge the assumptions of the plans, governance and crisis communication among them.",
            ("detection",),
            "Governance and crisis communication.",
        ),
        Part(
            "Art. 25(2)(e)",
            "There are procedures to verify that staff, providers and systems can respond to the scenarios.",
            ("recovery", "people"),
            "The response of staff and of providers.",
        ),
        Part(
            "Art. 25(3) and (4)",
            "Central counterparties and central securities depositories involve others in their tests.",
            (),
            "Not looked at here.",
        ),
        Part(
            "Art. 25(5)",
            "Results are documented; deficiencies are analysed, addressed and reported to the management body.",
            ("reports", "findings", "signature"),
            "Whether and when the management body was told.",
        ),
    ),
)

STANDARDS = (ISO_22301, NIST_800_34, SOC_2, DORA, RTS_2024_1774)
