"""botbuilder's part: it runs the turn of each activity. What it sends goes out through our own connector."""

from __future__ import annotations

from typing import Any

from botbuilder.core import BotAdapter, InvokeResponse, TurnContext
from botbuilder.schema import Activity, ActivityTypes, ConversationReference, ResourceResponse

from adapters.teams.inbound import is_targeted
from adapters.teams.outbound import Connector

RAW = "vinkki.activity"


class TeamsTurns(BotAdapter):  # type: ignore[misc]
    """A BotAdapter whose connector client is ours: no client objects per turn, no calls that block the event loop."""

    def __init__(self, connector: Connector) -> None:
        super().__init__()
        self.connector = connector

    async def run(self, activity: dict[str, Any], bot: Any) -> InvokeResponse | None:
        """One turn. Returns what an invoke is answered, None for everything else."""
        context = TurnContext(self, Activity().deserialize(activity))
        context.turn_state[RAW] = activity
        await self.run_pipeline(context, bot.on_turn)
        answer = context.turn_state.get(self._INVOKE_RESPONSE_KEY)
        return answer.value if answer is not None else None

    async def send_activities(self, context: TurnContext, activities: list[Activity]) -> list[ResourceResponse]:
        """Post activities to the turn's conversation; an invoke's answer stays for the HTTP response."""
        sent = []
        for activity in activities:
            if activity.type == ActivityTypes.invoke_response:
                context.turn_state[self._INVOKE_RESPONSE_KEY] = activity
                sent.append(ResourceResponse())
                continue
            targeted = is_targeted(context.turn_state[RAW])
            found = await self.connector.send(activity.service_url, activity.conversation.id, activity.serialize(), targeted=targeted)
            sent.append(ResourceResponse(id=found))
        return sent

    async def reply(self, context: TurnContext, activity: dict[str, Any]) -> str:
        """Post a card to the turn's conversation, ready as JSON: botbuilder would copy and serialise it for milliseconds."""
        raw = context.turn_state[RAW]
        whole = activity | {"from": raw["recipient"], "recipient": raw["from"], "conversation": {"id": raw["conversation"]["id"]}, "replyToId": raw["id"]}
        return await self.connector.send(raw["serviceUrl"], raw["conversation"]["id"], whole, targeted=is_targeted(raw))

    async def change(self, context: TurnContext, message_id: str, activity: dict[str, Any]) -> None:
        """Replace a card of the turn's conversation."""
        raw = context.turn_state[RAW]
        await self.connector.update(raw["serviceUrl"], raw["conversation"]["id"], message_id, activity)

    async def update_activity(self, context: TurnContext, activity: Activity) -> ResourceResponse:
        """Replace an activity of the turn's conversation."""
        await self.connector.update(activity.service_url, activity.conversation.id, activity.id, activity.serialize())
        return ResourceResponse(id=activity.id)

    async def delete_activity(self, context: TurnContext, reference: ConversationReference) -> None:
        """Remove an activity of the turn's conversation."""
        await self.connector.delete(reference.service_url, reference.conversation.id, reference.activity_id)
