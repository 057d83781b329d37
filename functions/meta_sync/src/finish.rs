//! What the run says at its end, and which runs follow it.

use shared::{
    domain::{
        AdClassificationParams, AssetDownloadParams, JobError, JobType, MetaSyncParams, Report,
    },
    runtime::Run,
    store::logs::Level,
};

use crate::place::Place;

/// The report, and wishes for the runs that come after.
pub(crate) fn report(run: &Run<MetaSyncParams>, place: &Place) -> Result<Report, JobError> {
    let mut report = Report::new();
    for (name, value) in place.all_counts() {
        report = report.count(name, value);
    }
    for warning in place.all_warnings() {
        report = report.warning(warning);
    }
    let (ads, rows) = (place.counted("ads_synced"), place.counted("rows_inserted"));
    run.log(Level::Info, format!("Synced {ads} ads, {rows} rows"));
    if ads > 0 {
        follow(run)?;
    }
    Ok(report)
}

/// Downloads, then classification, which looks at what was downloaded; without downloads, that at once.
fn follow(run: &Run<MetaSyncParams>) -> Result<(), JobError> {
    let params = &run.params;
    let classify = params.auto_classify.then(|| AdClassificationParams {
        max_new: params.classify_max_new,
        max_video: params.classify_max_video,
        days_back: params.classify_days_back.unwrap_or(params.days_back),
        scrape_missing_lp: params.scrape_missing_lp,
        ..AdClassificationParams::default()
    });
    if params.download_max_videos.get() + params.download_max_images.get() > 0 {
        let download = AssetDownloadParams {
            max_videos: params.download_max_videos,
            max_images: params.download_max_images,
            classify,
        };
        return run.follow_up(JobType::AssetDownload, &download);
    }
    match classify {
        Some(classify) => run.follow_up(JobType::AdClassification, &classify),
        None => Ok(()),
    }
}
