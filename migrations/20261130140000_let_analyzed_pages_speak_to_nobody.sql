-- A page that was looked at and speaks to nobody, as an error or a login, is not looked at again before it changes.
alter table brand_landing_pages
    drop constraint an_analyzed_page_has_its_level,
    add constraint only_an_analyzed_page_has_a_level check (scrape_status = 'analyzed' or awareness_level is null);
