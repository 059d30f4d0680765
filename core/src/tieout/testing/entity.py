"""The rules for an entity, as tests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from types import ModuleType
from typing import Any, ClassVar, get_args

from tieout.api.contract import Entity, Settings
from tieout.api.errors import Problem
from tieout.api.model import Record, Ref
from tieout.host.plugins import admit
from tieout.testing import rules

_KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class EntitySuite:
    """Proves that an entity keeps the contract: subclass it, name your plugin and give a few records.

        class TestCreditNotes(EntitySuite):
            plugin = my_credit_notes
            settings = {"number-prefix": "CN-"}
            good = (a_credit_note(),)
            held = {"customer-missing": a_credit_note(customer=None)}
            skipped = (a_credit_note(standing="draft"),)

    `plugin` is the module that the entry point names and `entity` the entity meant, when it defines several.
    `settings` are keys of the flow's section as TOML gives them. `good` are records as a source lifts them, that may
    go; `held` maps each cause that `check` can give to a record that has it; `skipped` are left out by `skip`.
    """

    plugin: ClassVar[ModuleType]
    entity: ClassVar[str] = ""
    settings: ClassVar[Mapping[str, Any]] = {}
    good: ClassVar[Sequence[Record]] = ()
    held: ClassVar[Mapping[str, Record]] = {}
    skipped: ClassVar[Sequence[Record]] = ()

    @cached_property
    def declared(self) -> Entity:
        """The entity under test."""
        found = [one for one in admit({"plugin": self.plugin}).entities.values() if self.entity in ("", one.name)]
        assert len(found) == 1, f"the plugin declares {[one.name for one in found]}: name one of them as `entity`"
        return found[0]

    def _chosen(self) -> Settings:
        return self.declared.settings.model_validate(dict(self.settings))

    def _complete(self, record: Record) -> Record:
        done = self.declared.prepare(record, self._chosen())
        assert isinstance(done, self.declared.model)
        return done

    def test_the_plugin_is_admitted(self) -> None:
        """Core takes the plugin in: its hooks exist, take no default arguments and answer what they should."""
        assert self.declared.model is not None

    def test_the_declaration_is_complete(self) -> None:
        """Names are kebab-case, the letter is one to three capitals, and every field named is a field of the model."""
        entity = self.declared
        assert _KEBAB.fullmatch(entity.name), f"{entity.name} is not kebab-case"
        assert entity.title, "the title is what the page calls the entity"
        assert re.fullmatch(r"[A-Z]{1,3}", entity.letter), f"the letter {entity.letter!r} is not one to three capitals"
        assert entity.key, "without a natural key nothing can be matched"
        named = {*entity.key, *entity.agrees, *entity.follows, *entity.ties, *entity.target_owns}
        assert named <= entity.model.model_fields.keys(), f"{entity.model.__name__} lacks {named}"
        for name in entity.follows:
            assert _refers(entity.model.model_fields[name].annotation), f"{name} is followed and is no reference"

    def test_the_model_is_exact(self) -> None:
        """Money is never a float and stamps are never naive."""
        rules.model_is_exact(self.declared.model)

    def test_the_settings_are_a_form(self) -> None:
        """Settings are closed, spelt with hyphens, and complete without being written: a toggle is enough."""
        rules.settings_are_a_form(self.declared.settings)
        self.declared.settings()
        self._chosen()

    def test_bindings_carry_plain_constants(self) -> None:
        """A binding's constants are JSON: the connector reads them, and they stand in the plan."""
        for binding in admit({"plugin": self.plugin}).bindings.values():
            rules.wire_is_exact(dict(binding.constants))

    def test_the_records_are_of_the_model(self) -> None:
        """There is at least one good record to test with, and all are of the entity's model."""
        assert self.good, "give at least one record that may go"
        for record in (*self.good, *self.held.values(), *self.skipped):
            assert isinstance(record, self.declared.model)

    def test_skip_prepare_and_check_are_pure(self) -> None:
        """The same record and settings give the same answer, and nothing is changed."""
        entity, settings = self.declared, self._chosen()
        for record in (*self.good, *self.held.values(), *self.skipped):
            rules.pure(lambda given: entity.skip(given, settings), record)
            done = rules.pure(lambda given: entity.prepare(given, settings), record)
            rules.pure(lambda given: list(entity.check(given, settings)), done)

    def test_good_records_go(self) -> None:
        """A good record is neither skipped nor held, and has all fields by which it is recognised and compared."""
        entity, settings = self.declared, self._chosen()
        for record in self.good:
            assert entity.skip(record, settings) is None
            done = self._complete(record)
            assert list(entity.check(done, settings)) == []
            for name in (*entity.key, *entity.follows):
                assert getattr(done, name) not in (None, ""), f"{name} is empty in {done}"

    def test_skipped_records_say_why(self) -> None:
        """Nothing is silently left out: each skipped record has a reason in words."""
        for record in self.skipped:
            reason = self.declared.skip(record, self._chosen())
            assert reason, f"not skipped: {record}"
            assert reason.endswith("."), f"not a sentence: {reason}"

    def test_held_records_name_their_cause(self) -> None:
        """Each record that cannot go says why and what to do, under a stable code."""
        for cause, record in self.held.items():
            problems = list(self.declared.check(self._complete(record), self._chosen()))
            assert cause in {problem.cause for problem in problems}, f"{cause} is not among {problems}"
            for problem in problems:
                _speaks(problem)


def _refers(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, Ref):
        return True
    return any(_refers(inner) for inner in get_args(annotation))


def _speaks(problem: Problem) -> None:
    assert _KEBAB.fullmatch(problem.cause), f"{problem.cause} is not kebab-case"
    assert problem.what, f"{problem.cause} does not say what happened"
    assert problem.fix, f"{problem.cause} does not say what to do"
