use crate::commit::Committer;
use crate::config::PROPOSALS_IN_WORK_MAX;
use api::v1::mover_server::Mover;
use api::v1::{ProposeRequest, ProposeResponse};
use chassis::Shutdown;
use futures::stream::BoxStream;
use std::sync::Arc;
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status, Streaming};

pub struct Service {
    committer: Arc<Committer>,
    shutdown: Shutdown,
    in_work: TaskTracker,
}

impl Service {
    pub fn new(committer: Committer, shutdown: Shutdown) -> Self {
        Self { committer: Arc::new(committer), shutdown, in_work: TaskTracker::new() }
    }

    /// Counts the proposals that are not answered yet, of all streams.
    pub fn in_work(&self) -> TaskTracker {
        self.in_work.clone()
    }
}

#[tonic::async_trait]
impl Mover for Service {
    type ProposeStream = BoxStream<'static, Result<ProposeResponse, Status>>;

    async fn propose(
        &self,
        request: Request<Streaming<ProposeRequest>>,
    ) -> Result<Response<Self::ProposeStream>, Status> {
        let (committer, in_work) = (self.committer.clone(), self.in_work.clone());
        let handler = move |request| {
            let committer = committer.clone();
            // Counted from here on, before the task that answers it runs.
            in_work.track_future(async move { committer.answer(request).await })
        };
        let answers = chassis::answer(
            "muster.v1.Mover/Propose",
            chassis::Traces::Continue,
            request.into_inner(),
            PROPOSALS_IN_WORK_MAX,
            self.shutdown.clone(),
            handler,
        );
        Ok(Response::new(answers))
    }
}
