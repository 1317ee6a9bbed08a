"""Campaigns: many cells of a phase diagram, run for as long as they take, on whatever there is."""

from __future__ import annotations

from hebbcap.campaign.cell import Cell
from hebbcap.campaign.plan import Plan, plan, read_plan
from hebbcap.campaign.result import Campaign, CellResult, Line
from hebbcap.campaign.runner import CampaignStopped, Progress
from hebbcap.campaign.store import Store, UnusableStore
from hebbcap.campaign.sweep import read_campaign, sweep
from hebbcap.campaign.workers import LocalWorkers, WorkerDied

__all__ = [
    "Campaign",
    "CampaignStopped",
    "Cell",
    "CellResult",
    "Line",
    "LocalWorkers",
    "Plan",
    "Progress",
    "Store",
    "UnusableStore",
    "WorkerDied",
    "plan",
    "read_campaign",
    "read_plan",
    "sweep",
]
