"""A run: everything between a teacher and its recovered weights, found by its id in the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ec_core.candidates import Candidate, Field
from ec_core.cluster import Cut
from ec_core.config import RecoverConfig
from ec_core.curves.search import FREE
from ec_core.events import Event
from ec_core.expand.enough import asked
from ec_core.expand.students import StudentEnsemble
from ec_core.probing.asking import Asker, ask
from ec_core.probing.probes import ProbeSet
from ec_core.probing.teacher import Teacher
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.runs import loading, owners, races, space
from ec_core.runs.loading import store
from ec_core.runs.run_cuts import RunCuts
from ec_core.runs.settings import Settings, default_settings
from ec_core.runs.source import LOCKED_TITLE, Source
from ec_core.store import RunSummary, forget_builds

_ORDER = ("probes", "ensemble", "events", "cuts", "reconstruction", "recovered", "report")


@dataclass(frozen=True)
class Run(RunCuts):
    """A handle on one run; reading through it is cheap, writing is atomic."""

    @property
    def query(self) -> dict[str, str]:
        """What leads back here, for the address of a page."""
        return {"run": self.id}

    @classmethod
    def create(cls, source: Source, settings: Settings | None = None) -> Run:
        """A new run for a teacher or a set of answers."""
        settings = settings or default_settings(source)
        space.check()
        title = ("Demo: " if settings.demo else "") + source.title
        stored = store().create(source.preset or "upload", title, owners.new())
        if source.network is not None:
            stored.save_teacher(source.card())
        if source.answers is not None:
            stored.save_probes(*source.answers, settings.seed, source.columns, source.output)
        stored.save_settings({"chosen": settings.as_json(), "source": source.as_json()})
        return cls(stored.id)

    # what is there

    def has(self, part: str) -> bool:
        """Is a part there? "source" always is, "cut" is the one in use."""
        if part == "source":
            return True
        if part == "cut":
            return self.is_cut
        return self.stored.has("reconstruction" if part == "recovered" else part)

    def stamp(self, part: str) -> int:
        """Changes whenever a part is written anew: a key for caches."""
        return self.stored.stamp(part)

    @property
    def summary(self) -> RunSummary:
        return self.stored.summary()

    @property
    def title(self) -> str:
        return self.summary.label

    @property
    def mine(self) -> bool:
        """Is it a run of whoever asks?"""
        return owners.is_owner(self.stored)

    @property
    def workable(self) -> bool:
        """May whoever asks change it, and start and steer its work?"""
        return owners.may_work(self.stored)

    @property
    def field(self) -> Field:
        """What is looked for: one candidate where activation and depth are told."""
        return self.settings().field(self.source().activation)

    @property
    def found(self) -> Candidate | None:
        """The candidate whose students these are, where a race found it out; None before."""
        found = self.stored.setting("found")
        return None if found is None else Candidate(*found)

    @property
    def candidate(self) -> Candidate:
        """Activation and depth of the students, told or found out; the first of the candidates
        while nobody knows.
        """
        field = self.field
        return field.only or self.found or field.at(field.depths[0])[0]

    @property
    def answer(self) -> Candidate:
        """Activation and depth of the network that was recovered: numbers of families are read off
        with it, so that it may be another writing than its students'.
        """
        network = self.reconstruction().network
        return Candidate(network.activation, len(network.sizes) - 2)

    @property
    def open(self) -> bool:
        """Is the activation or the depth still to be found out?"""
        return self.field.only is None and self.found is None

    @property
    def activation(self) -> str:
        """Of the students, see ``candidate``."""
        return self.candidate.activation

    @property
    def layers(self) -> int:
        """Hidden layers of the students, see ``candidate``."""
        return self.candidate.hidden_layers

    def recover_config(self, candidate: Candidate | None = None) -> RecoverConfig:
        """What the command line would be told, with what was found out or another candidate."""
        one = candidate or self.candidate
        return self.settings().recover_config(one.activation, one.hidden_layers)

    def race(self) -> races.Race | None:
        """How the candidates raced; None where nothing was to be found out, or has not been."""
        if not self.stored.has(races.PART):
            return None
        return loading.race(store().root, self.id, self.stamp(races.PART))

    @property
    def raced(self) -> bool:
        """Was it all one job, the race included, as ``ec.recover`` does it?"""
        return bool(self.stored.setting("raced"))

    @property
    def next_step(self) -> str:
        """The step that comes next for this run."""
        return next_step(self.stored.parts())

    # reading

    def source(self) -> Source:
        """Where the answers come from; without its network while the truth is locked away."""
        source = self.asked()
        return source.without_truth() if self.truth_locked else source

    def asked(self) -> Source:
        """The same with its network, locked or not: to ask it, never to show it."""
        return loading.source(store().root, self.id)

    @property
    def has_teacher(self) -> bool:
        """Is there a network that could be shown or locked away?"""
        return self.stored.has("teacher")

    def settings(self) -> Settings:
        return Settings(**self.stored.setting("chosen"))

    def probes(self) -> ProbeSet:
        """The questions asked, with the answers, as exact as a person told or as they show."""
        probes = loading.probes(store().root, self.id, self.stamp("probes"))
        return probes.told(self.settings().precision)

    @property
    def rows_as_then(self) -> str:
        """What ``make_probes`` is told in a script, for the rows of a run of an earlier version."""
        return loading.rows_as_then(store().root, self.id, self.stamp("probes"))

    def ensemble(self) -> StudentEnsemble:
        return loading.ensemble(store().root, self.id, self.stamp("ensemble"))

    def events(self) -> tuple[Event, ...]:
        """What the training told besides its progress: sentences, widths tried."""
        return loading.events(store().root, self.id, self.stamp("events"))

    @property
    def best_students(self) -> int | None:
        """How many of the students are clustered: the best ones; None means all."""
        best = self.stored.setting("best_students")
        return None if best is None else int(best)

    @property
    def truth_locked(self) -> bool:
        """Is the teacher locked away, as for an exam?"""
        return bool(self.stored.setting("truth_locked"))

    def reconstruction(self) -> Reconstruction:
        return loading.reconstruction(store().root, self.id, self.stamp("reconstruction"))

    @property
    def build_seconds(self) -> float:
        return float(self.stored.setting("build_seconds") or 0.0)

    @property
    def steered(self) -> bool:
        """Did a person stop, restart or continue students by hand?"""
        return bool(self.stored.setting("steered"))

    @property
    def retried(self) -> bool:
        """Are the students those of a later attempt, since the first was not verified?"""
        return bool(self.stored.setting("retried"))

    @property
    def whole(self) -> bool:
        """Did the chain decide itself that nothing more could help, as ``ec.recover`` does?"""
        return bool(self.stored.setting("whole"))

    # writing

    def save_settings(self, settings: Settings) -> None:
        self.stored.update_settings(chosen=settings.as_json())

    def mark_steered(self, steered: bool = True) -> None:
        self.stored.update_settings(steered=steered)

    def mark_retried(self, retried: bool = True) -> None:
        self.stored.update_settings(retried=retried)

    def save_race(self, race: races.Race) -> None:
        self.stored.save_json(races.PART, race.as_json())

    def mark_found(self, candidate: Candidate) -> None:
        """Whose students these are; of nothing told there is nothing to say."""
        if self.field.only is None:
            self.stored.update_settings(found=[candidate.activation, candidate.hidden_layers])

    def mark_raced(self, raced: bool = True) -> None:
        if raced != self.raced:
            self.stored.update_settings(raced=raced)

    def mark_judged(self, verdict: str, built: Reconstruction) -> None:
        """The verdict on the candidate whose students these are, or on an activation that was
        learnt instead; kept with the race.
        """
        race, found = self.race(), self.found
        if race is None or found is None:
            return
        if built.learning is None:
            self.save_race(race.judged(found, verdict))
        else:
            depth = len(built.network.sizes) - 2
            learnt = races.Standing(FREE, depth, built.loss, verdict)
            self.save_race(race.joined([learnt], []))

    def mark_whole(self, whole: bool = True) -> None:
        self.stored.update_settings(whole=whole)

    def mark_made(self, key: str, made: dict[str, Any]) -> None:
        """What the network under a key was made with, see ``provenance``."""
        self.stored.update_settings(made_with={**self.made_with, key: made})

    @property
    def made_with(self) -> dict[str, dict[str, Any]]:
        """By the keys of the networks built; {} in runs of earlier versions."""
        return dict(self.stored.settings().get("made_with") or {})

    def ask(self) -> ProbeSet:
        """Put the questions to the teacher, as the settings say, and keep the answers."""
        source, settings = self.asked(), self.settings()
        if source.network is not None:
            x, y = ask(
                Teacher(source.network),
                settings.probes,
                settings.distribution,
                source.inputs,
                settings.seed,
                source.data(),
            )
        else:
            x, y = self.stored.answers()
        self.stored.save_probes(x, y, settings.seed, source.columns, self.stored.output())
        return self.probes()

    def keep_output(self, output: str) -> None:
        """What stands after the last layer of what answered, once it is found out."""
        self.stored.save_probes(
            *self.stored.answers(), self.settings().seed, self.stored.columns(), output
        )

    def asker(self) -> Asker | None:
        """Whom to ask for more than the settings say; None where no more are to be asked."""
        source, settings = self.asked(), self.settings()
        if source.network is None or not settings.as_needed:
            return None
        return Asker(
            Teacher(source.network),
            distribution=settings.distribution,
            seed=settings.seed,
            inputs=source.inputs,
            data=source.data(),
            first=settings.probes,
            numbers=True,
        )

    def keep_asked(self, asker: Asker, count: int) -> None:
        """The first ``count`` questions and answers of an asker, where more are kept than now."""
        if asker.y is not None and count > asked(self.probes()):
            self.stored.save_probes(asker.x[:count], asker.y[:count], self.settings().seed)

    def save_ensemble(self, ensemble: StudentEnsemble, told: tuple[Event, ...] = ()) -> None:
        """Store the students and what their training told; what was built on earlier ones goes."""
        self.forget("cuts")
        if told:
            self.stored.save_events(told)
        self.stored.save_ensemble(ensemble)

    def cluster_best(self, students: int | None) -> None:
        """Cluster only that many of the best students; cuts of other trees go."""
        self.forget("cuts")
        self.stored.update_settings(best_students=students)

    def rename(self, title: str) -> None:
        """What the run is called from now on, locked or not."""
        if self.truth_locked:
            self.stored.update_settings(label=title)
        self.stored.rename(title)

    def lock_truth(self, locked: bool) -> None:
        """Lock the teacher away, or unlock it; its sizes go from the run's title too.

        Raises NotYoursError but for the owner.
        """
        if locked == self.truth_locked:
            return
        owners.check_lock(self.stored)
        known = self.stored.settings()
        if locked:
            self.stored.update_settings(truth_locked=True, label=self.title)
            self.stored.rename(("Demo: " if self.settings().demo else "") + LOCKED_TITLE)
        else:
            self.stored.update_settings(truth_locked=False)
            self.stored.rename(str(known.get("label", self.title)))

    def another(self, settings: Settings) -> Run:
        """A new run with the same teacher, locked away if it is here.

        Raises NotYoursError where it is locked away by somebody else.
        """
        owners.check_secret(self.truth_locked, self.stored)
        run = Run.create(self.asked(), settings)
        run.lock_truth(self.truth_locked)
        return run

    def save_reconstruction(self, result: Reconstruction, cut: Cut, seconds: float) -> None:
        """Store the network and which cut it was built from."""
        self.mark_built(cut, seconds)
        self.stored.save_reconstruction(result)

    def mark_built(self, cut: Cut, seconds: float) -> None:
        """Which cut the result was built from, and how long that took."""
        self.save_built_cut(cut)
        self.stored.update_settings(build_seconds=seconds)

    def forget(self, part: str) -> None:
        """Remove a part and everything that was made from it."""
        self.stored.forget(*_ORDER[_ORDER.index(part) :])
        forget_builds(self.stored)


def next_step(parts: frozenset[str]) -> str:
    """The step that comes next for a run that has these parts."""
    for part, step in (
        ("reconstruction", "compare"),
        ("cuts", "reconstruct"),
        ("ensemble", "cluster"),
    ):
        if part in parts:
            return step
    return "expand"
