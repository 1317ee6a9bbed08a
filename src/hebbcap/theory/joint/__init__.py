"""Joint criteria: the chance that any bit of a pattern, or of all patterns, is wrong after one step.

Bits of one cue meet the same patterns, so they are right or wrong together more often than by chance, and
the product of independent bits over-estimates the failure: for the Hebb rule at D = 200 and K = 20 it says
0.108, where 0.094 is measured.
"""

from hebbcap.theory.joint.failure import JointFailure, correlated_failure, joint_failure

__all__ = ["JointFailure", "correlated_failure", "joint_failure"]
