"""What a task says of the way its executor takes into the container."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from kit.definition.executor import ShimTaskExecutor
from kit.definition.settings import SerializationSettings
from kit.definition.shipment import (
    IMPORTABLE,
    INLINE_EXECUTOR,
    INLINE_KEY,
    Exported,
    Ship,
    Shipment,
    check_inline_limit,
    check_ship,
    is_interactive,
    module_shipment,
    no_other_process,
    shared_shipment,
)
from kit.errors import SecretNotFoundError

if TYPE_CHECKING:
    from kit.definition.security import SecurityContext

__all__ = ["ShippedTask"]


class ShippedTask:
    """A task that knows how its executor ships.

    Nothing is kept: a cell that was run again is in the next template.
    """

    name: Any
    executor_type: Any
    security_context: Any
    task_resolver: Any
    container_image: Any
    get_image: Callable[[SerializationSettings], str]
    _exported: Exported | None = None

    def _set_ship(self, ship: Ship | None, inline_limit: int | None) -> None:
        self._ship = check_ship(ship)
        self._inline_limit = check_inline_limit(inline_limit)

    @property
    def ship(self) -> Ship | None:
        """How the executor is to reach its container, if the task says so."""
        return self._ship

    @property
    def exported(self) -> Exported | None:
        """The module that the executor was written to in this session, if it was."""
        return self._exported

    def note_export(self, exported: Exported) -> None:
        """Remember the module that the executor was written to."""
        self._exported = exported

    @contextlib.contextmanager
    def shipped_as(
        self, ship: Ship, exported: Exported | None = None
    ) -> Iterator[None]:
        """Ship the executor another way while this lasts."""
        before = self._ship, self._exported
        self._ship, self._exported = ship, exported
        try:
            yield
        finally:
            self._ship, self._exported = before

    def shipment(self, settings: SerializationSettings | None = None) -> Shipment:
        """Return how the executor reaches its container, as it is now.

        Args:
            settings: What the template is made with.

        Raises:
            ExecutorError: It cannot, or not as the task says.
            AuthoringError: Its source cannot leave the place where it was written.
        """
        executor, location, unreachable = self._shipped_object(settings)
        problem = no_other_process(executor) or unreachable
        if problem is None and self._ship == "module":
            return module_shipment(location, "ship='module' says so")
        if problem is None and self._ship is None and not is_interactive():
            return module_shipment(location, IMPORTABLE)
        key = (self.executor_type, self._ship, self._inline_limit)
        return shared_shipment(
            key, lambda: self._decide(executor, location, problem, settings)
        )

    @property
    def written_executor(self) -> type[ShimTaskExecutor[Any]] | Callable[..., Any]:
        """What the author wrote to be run: the executor's class, or a function."""
        executor: type[ShimTaskExecutor[Any]] = self.executor_type
        return executor

    def known_secrets(self) -> Iterator[str]:
        """Yield the secrets of the task that this machine knows, to leave them out."""
        yield from _values(self.security_context)

    def shipped_custom(self, settings: SerializationSettings) -> dict[str, Any]:
        """Return what the template's ``custom`` holds besides the author's own.

        That is the source, if the loader arguments say that it is there; a resolver of
        one's own may load something else.
        """
        if INLINE_EXECUTOR not in self.task_resolver.loader_args(settings, self):
            return {}
        return {INLINE_KEY: dict(self.shipment(settings).inline or {})}

    def _shipped_object(
        self,
        settings: SerializationSettings | None,  # noqa: ARG002 - for those who override it
    ) -> tuple[type[ShimTaskExecutor[Any]] | Callable[..., Any], str, str | None]:
        """Return what ships, its dotted name, and why that name will not do, if so."""
        executor = self.executor_type
        return executor, f"{executor.__module__}.{executor.__qualname__}", None

    def _decide(
        self,
        executor: type[ShimTaskExecutor[Any]] | Callable[..., Any],
        location: str,
        problem: str | None,
        settings: SerializationSettings | None,
    ) -> Shipment:
        from kit.source.shipping import Shipping  # a container never ships anything

        return Shipping(
            executor=executor,
            location=location,
            problem=problem,
            task=self.name,
            ship=self._ship,
            limit=self._inline_limit,
            exported=self._exported,
            image=self._image_for(settings),
            secrets=self.known_secrets,
        ).shipment()

    def _image_for(self, settings: SerializationSettings | None) -> str:
        """Return the image's name, with its macros rendered if there are settings."""
        image: str = self.container_image or ""
        return image if settings is None else self.get_image(settings)


def _values(context: SecurityContext | None) -> Iterable[str]:
    """Yield the secrets that this machine knows, to keep them out of the source."""
    if context is None:
        return
    from kit.shim.secrets import SecretsManager

    manager = SecretsManager(local=True)
    for secret in context.secrets or ():
        try:
            yield manager.get(secret.group, secret.key, secret.group_version)
        except SecretNotFoundError:  # noqa: PERF203 - one a secret
            continue
