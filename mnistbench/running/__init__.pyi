from . import runner as runner
from .child import Limits as Limits
from .child import run_child as run_child
from .dask_executor import DaskExecutor as DaskExecutor
from .local_executor import LocalExecutor as LocalExecutor
from .runner import Executor as Executor
from .runner import interrupts_deferred as interrupts_deferred
